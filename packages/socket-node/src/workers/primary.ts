import { createServer } from 'node:http';
import {
  type Config,
  createMetrics,
  inBackground,
  type Logger,
  runUntilSignal,
  startPrivateServer,
} from '@parley/node-kit';
import { setupMaster } from '@socket.io/sticky';
import { listen } from '../app.ts';
import { type Crew, startCrew } from './crew.ts';
import { mergePages, sumOf } from './pages.ts';

/** Beyond the drain of the workers, which end by themselves. */
const afterDrainMs = 12_000;
const connectionsMax = 1_000_000;

/**
 * A node whose sessions are shared by several processes: this one listens in their place, hands each connection to a
 * worker (all of a long-polling session to the same one, a new session to the one with the fewest), and answers on the
 * private port for all of them. It holds no session itself.
 */
export async function runPrimary(config: Config, log: Logger): Promise<void> {
  const door = createDoor(config, log);
  const state = { draining: false };
  const crew = startCrew(config, log, (count) => door.serving(count));
  const { registry } = createMetrics();
  const end = async (overMs?: number) => {
    state.draining = true;
    await crew.end(overMs);
  };
  const stop = runUntilSignal({
    log,
    withinMs: config.drainMs + afterDrainMs,
    drain: async () => {
      await end();
      door.close();
      await privateServer.close();
    },
  });
  const privateServer = await startPrivateServer({
    host: config.host,
    port: config.privatePort,
    registry,
    metrics: async () => {
      const pages = await crew.ask('/metrics');
      const own = { worker: 'primary', text: await registry.metrics() };
      return mergePages([own, ...pages.map(({ index, text }) => ({ worker: String(index), text }))]);
    },
    log: shared(log, crew),
    ready: () => (state.draining ? 'draining' : crew.ready && door.open ? 'ready' : 'broken'),
    onDrain: (overMs) => inBackground(log, 'drain', end(overMs).finally(stop)),
    orders: {
      'POST /shed': async (number) => {
        const count = number('count', { min: 0, max: connectionsMax });
        const perSecond = number('perSecond', { min: 0.1, max: 10_000 });
        return String(await shed(crew, count, perSecond));
      },
    },
  });
  log.info({ port: config.port, privatePort: privateServer.port, workers: config.workers }, 'workers are starting');
  await door.opened;
}

/** Open as long as one worker takes connections: what nobody would answer is better refused, and goes to another node. */
function createDoor(config: Config, log: Logger) {
  const http = createServer();
  setupMaster(http);
  let changed = Promise.resolve();
  const opened = Promise.withResolvers<void>();
  const set = async (open: boolean) => {
    if (open && !http.listening) await listen(http, config.host, config.port, log);
    else if (!open && http.listening) await new Promise((resolve) => http.close(resolve));
  };
  return {
    get open() {
      return http.listening;
    },
    /** Settles with the first try. */
    opened: opened.promise,
    serving(count: number) {
      changed = changed.then(() => set(count > 0));
      changed.then(opened.resolve, opened.reject);
      inBackground(log, 'the door', changed);
    },
    close: () => void http.close(),
  };
}

/** Whoever has more gives more away. */
async function shed(crew: Crew, count: number, perSecond: number): Promise<number> {
  const pages = await crew.ask('/metrics');
  const loads = pages.map(({ index, text }) => ({ index, connections: sumOf(text, 'parley_connections') }));
  const all = loads.reduce((sum, { connections }) => sum + connections, 0);
  const told = loads.map(({ index, connections }) => {
    const share = connections / Math.max(1, all);
    const query = `count=${Math.round(count * share)}&perSecond=${Math.max(0.1, perSecond * share)}`;
    return crew.tell(index, `/shed?${query}`, { method: 'POST' });
  });
  return (await Promise.all(told)).reduce((sum, gone) => sum + Number(gone), 0);
}

/** A level that is set here is set in every worker, also in those that start later. */
function shared(log: Logger, crew: Crew): Pick<Logger, 'level' | 'warn' | 'isLevelEnabled'> {
  return {
    get level() {
      return log.level;
    },
    set level(level) {
      log.level = level;
      inBackground(log, 'log level', crew.ask('/log-level', { method: 'PUT', body: level }));
    },
    warn: log.warn.bind(log),
    isLevelEnabled: log.isLevelEnabled.bind(log),
  };
}
