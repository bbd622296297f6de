import {
  type Config,
  createTracing,
  inBackground,
  keepTrying,
  type Logger,
  runUntilSignal,
  type Spaces,
  startPrivateServer,
} from '@parley/node-kit';
import type { Server } from 'socket.io';
import { acceptSessions } from './app.ts';
import { drain } from './drain.ts';
import { createNotifications } from './notifications.ts';
import { createParts } from './parts.ts';
import { watchRevocations } from './revocations.ts';
import { createShedding } from './shed.ts';
import { createWatched } from './watched.ts';

/** What one process can hold, and more. */
const connectionsMax = 1_000_000;

export type Start = { config: Config; spaces: Spaces; log: Logger };

/**
 * A process that holds sessions, until it is told to end.
 * @param open lets connections in, once everything behind them is there
 */
export async function serve(
  { config, spaces, log }: Start,
  open: (io: Server, privatePort: number) => Promise<void>,
): Promise<void> {
  const made = createParts(config, spaces, log, await createTracing(config, 'parley-socket'));
  const { state, metrics, parts, fanout, linked, tracing } = made;
  const watched = createWatched(parts.presence, log);
  const notifications = createNotifications({ parts, fanout, log });
  const around = { nodeId: config.nodeId, parts, fanout, watched, linked, notifications, metrics, tracing, log };
  const connections = acceptSessions(made.io, made.doors, made.state, around);
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
  await open(made.io, privateServer.port);
  state.listening = true;
  log.info({ port: config.port, privatePort: privateServer.port }, 'socket node is ready');
}
