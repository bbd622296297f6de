import { setTimeout as after } from 'node:timers/promises';
import {
  announce,
  createLogger,
  createTracing,
  keepTrying,
  readStart,
  runNode,
  runUntilSignal,
  startPrivateServer,
} from '@parley/node-kit';
import { createApp } from './app.ts';
import { createParts } from './parts.ts';

/** After readiness is gone: the load balancer asks every second, and needs two answers to believe them. */
const unlistedAfterMs = 2_500;

await runNode(async () => {
  const told = readStart(process.env);
  const { config, spaces } = told;
  const log = createLogger(config);
  announce(log, told);
  const made = createParts(config, spaces, log, await createTracing(config, 'parley-api'));
  const app = await createApp({ ...made, log, config });
  const state = { draining: false, listening: false };
  const stopping = new AbortController();

  const stop = runUntilSignal({
    log,
    withinMs: config.drainMs + 10_000,
    drain: async () => {
      state.draining = true;
      stopping.abort();
      if (state.listening) await after(Math.min(unlistedAfterMs, config.drainMs));
      await app.close();
      await made.close();
      await privateServer.close();
    },
  });
  const privateServer = await startPrivateServer({
    host: config.host,
    port: config.privatePort,
    registry: made.registry,
    log,
    ready: () => (state.draining ? 'draining' : !state.listening || made.health.broken ? 'broken' : 'ready'),
    onDrain: () => stop(),
  });
  await keepTrying(log, 'the migration', made.migrate, stopping.signal);
  await made.start();
  await app.listen({ host: config.host, port: config.port });
  state.listening = true;
  log.info({ port: config.port, privatePort: privateServer.port }, 'api node is ready');
});
