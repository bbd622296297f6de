import {
  createLogger,
  inBackground,
  keepTrying,
  readStart,
  runNode,
  runUntilSignal,
  startPrivateServer,
} from '@parley/node-kit';
import { acceptSessions, listen } from './app.ts';
import { drain } from './drain.ts';
import { createNotifications } from './notifications.ts';
import { createParts } from './parts.ts';
import { watchRevocations } from './revocations.ts';
import { createShedding } from './shed.ts';
import { createWatched } from './watched.ts';

/** What one process can hold, and more. */
const connectionsMax = 1_000_000;

await runNode(async () => {
  const { config, spaces } = readStart(process.env);
  const log = createLogger(config);
  const made = createParts(config, spaces, log);
  const { state, metrics, parts, fanout } = made;
  const watched = createWatched(parts.presence, log);
  const notifications = createNotifications({ parts, fanout, log });
  const around = { nodeId: config.nodeId, parts, fanout, watched, notifications, metrics, log };
  const connections = acceptSessions(made.io, made.doors, around);
  const revocations = watchRevocations(connections, parts.users, log);
  const shedding = createShedding(connections, log);
  const stopping = new AbortController();

  const stop = runUntilSignal({
    log,
    withinMs: config.drainMs + 10_000,
    drain: async () => {
      made.drain();
      stopping.abort();
      revocations.close();
      await drain(connections, config.drainMs);
      watched.close();
      notifications.close();
      await made.close();
      await privateServer.close();
    },
  });
  /** The time that the operator gives may be longer than a process has to end: the clients go first. */
  const leave = async (overMs: number | undefined) => {
    made.drain();
    try {
      if (overMs !== undefined) await drain(connections, overMs);
    } finally {
      stop();
    }
  };
  const privateServer = await startPrivateServer({
    host: config.host,
    port: config.privatePort,
    registry: made.registry,
    log,
    ready: () => (state.draining ? 'draining' : state.broken || !state.listening ? 'broken' : 'ready'),
    onDrain: (overMs) => inBackground(log, 'drain', leave(overMs)),
    orders: {
      'POST /shed': (number) => {
        const count = number('count', { min: 0, max: connectionsMax });
        const perSecond = number('perSecond', { min: 0.1, max: 10_000 });
        return String(shedding.shed(count, perSecond));
      },
    },
  });
  await keepTrying(log, 'the migration', made.migrate, stopping.signal);
  await made.start();
  await listen(made.http, config.host, config.port, log);
  state.listening = true;
  log.info({ port: config.port, privatePort: privateServer.port }, 'socket node is ready');
});
