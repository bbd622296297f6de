import { randomBytes } from 'node:crypto';
import {
  type Config,
  createLogger,
  createTracing,
  createMetrics,
  developmentSpace,
  mintToken,
  type Space,
} from '@parley/node-kit';
import { type Answer, type CommandName, type Payload, type Role } from '@parley/protocol';
import { createStore } from '@parley/store-postgres';
import { freePort, testDatabase, testRedisUrl } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import { acceptSessions, listen } from '../../src/app.ts';
import { createNotifications } from '../../src/notifications.ts';
import { createParts } from '../../src/parts.ts';
import { createWatched } from '../../src/watched.ts';

/** A session of somebody, with a stock client; `call` takes whatever a client might send. */
export type Live = {
  socket: Socket;
  token: string;
  ready: Payload<'session.ready'>;
  call: (name: CommandName, payload: unknown) => Promise<Answer<CommandName>>;
};

/** Where the load balancer says that clients are. */
export const clientAddress = '203.0.113.77';

/** The whole socket node, but for its private port, on a database of its own, in a space that nobody else uses. */
export async function startNode(more: Partial<Space> = {}, overrides: Partial<Config> = {}) {
  const logged: { msg?: string; err?: { message: string } }[] = [];
  const log = createLogger(
    { nodeId: 'socket', slot: 's1', logLevel: 'trace' },
    { write: (line) => void logged.push(JSON.parse(line)) },
  );
  const database = await testDatabase(async (databaseUrl) => {
    const store = createStore({ databaseUrl, registry: createMetrics().registry, log });
    await store.migrate();
    await store.close();
  });
  const space = { ...developmentSpace(`s-${randomBytes(6).toString('hex')}`), ...more };
  const config: Config = {
    nodeId: `socket-${randomBytes(4).toString('hex')}`,
    slot: 's1',
    host: '127.0.0.1',
    port: await freePort(),
    privatePort: 0,
    databaseUrl: database.url,
    redisUrl: testRedisUrl(),
    presenceRedisUrl: testRedisUrl(),
    spacesPath: '',
    logLevel: 'trace',
    drainMs: 0,
    workers: 1,
    traces: undefined,
    filesPath: '',
    filesSecret: 'a secret of tests for the links of files',
    urls: new Map(),
    production: false,
    tlsRequired: false,
    tryOut: true,
    ...overrides,
  };
  const made = createParts(config, new Map([[space.name, space]]), log, await createTracing(config, 'parley-socket'));
  const watched = createWatched(made.parts.presence, log);
  const { parts, fanout, linked, metrics, state } = made;
  const notifications = createNotifications({ parts, fanout, log, everyMs: 50 });
  const around = {
    nodeId: config.nodeId,
    parts,
    fanout,
    watched,
    linked,
    notifications,
    metrics,
    tracing: made.tracing,
    log,
  };
  const connections = acceptSessions(made.io, made.doors, made.state, around);
  await made.start();
  await listen(made.http, config.host, config.port, log);
  const url = `http://127.0.0.1:${config.port}`;
  // As the load balancer says it.
  const extraHeaders = { 'x-parley-space': space.name, 'x-forwarded-for': clientAddress };
  const sockets: Socket[] = [];

  return {
    url,
    state,
    made,
    space,
    connections,
    log,
    logged,
    headers: extraHeaders,
    session: () => database.session(),
    async enter(userId: string, role: Role = 'user', more: object = {}): Promise<Live> {
      const token = mintToken(space, { userId, role });
      const auth = { token, ...more };
      const socket = io(url, { forceNew: true, transports: ['websocket'], reconnection: false, auth, extraHeaders });
      sockets.push(socket);
      const ready = await new Promise<Payload<'session.ready'>>((resolve, reject) => {
        socket.once('session.ready', resolve).once('connect_error', reject);
      });
      return { socket, token, ready, call: (name, payload) => socket.emitWithAck(name, payload) };
    },
    async close() {
      for (const socket of sockets) socket.disconnect();
      watched.close();
      notifications.close();
      await made.close();
      await database.close();
    },
  };
}
