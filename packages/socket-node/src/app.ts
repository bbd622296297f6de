import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { Server as NetServer } from 'node:net';
import {
  type Doors,
  doorOf,
  inBackground,
  type Logger,
  originAllowed,
  pingIntervalMs,
  pingTimeoutMs,
} from '@parley/node-kit';
import { limits } from '@parley/protocol';
import { Server, type Socket } from 'socket.io';
import { type Connection, type ConnectionParts, openConnection } from './connection.ts';
import { engineId, slotOf } from './engine-id.ts';
import { connectError, enter, type Entered, type NodeState, refusalAtTheDoor } from './handshake.ts';

/** From the open connection to its token. */
const connectTimeoutMs = 10_000;

/** Socket.IO as this cluster wants it; it listens to nothing yet. */
export function createIo(slot: string, doors: Doors, state: NodeState, onRefused: (code: string) => void) {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(http, {
    transports: ['websocket', 'polling'],
    maxHttpBufferSize: limits.frameBytesMax,
    pingInterval: pingIntervalMs,
    pingTimeout: pingTimeoutMs,
    connectTimeout: connectTimeoutMs,
    perMessageDeflate: false,
    httpCompression: false,
    // `/socket.io/socket.io.js`: pages load their client from the server that they talk to.
    serveClient: true,
    cors: (request, answer) => {
      const { origin } = request.headers;
      const door = doorOf(doors, request.headers);
      const allowed = door !== undefined && originAllowed(origin, door.space);
      answer(null, { origin: allowed && origin !== undefined ? origin : false, credentials: true });
    },
    allowRequest: (request, answer) => {
      const refusal = refusalAtTheDoor(request, doors, state);
      if (refusal) onRefused(refusal);
      answer(refusal ?? null, refusal === undefined);
    },
  });
  io.engine.generateId = ({ headers }: IncomingMessage) => engineId(slotOf(headers, slot));
  return { http, io };
}

/** Accepts sessions: every namespace but the default one stays closed. */
export function acceptSessions(
  io: Server,
  doors: Doors,
  node: NodeState,
  around: ConnectionParts,
): ReadonlySet<Connection> {
  const connections = new Set<Connection>();
  const entering = new WeakMap<Socket, { entered: Entered; opened: () => void }>();

  io.use((socket, next) => {
    const opened = node.admission.opening();
    socket.conn.once('close', opened);
    const proven = enter(socket.handshake, doors, around.parts.users).then(
      (entered) => {
        entering.set(socket, { entered, opened });
        next();
      },
      (error: unknown) => {
        opened();
        const refusal = connectError(error);
        around.metrics.sessions.refused.inc({ code: refusal.data.code });
        // A refusal by `connect_error` stops a plain client for good: for what passes, end the connection instead.
        if (refusal.data.code === 'unavailable') socket.conn.close();
        else next(refusal);
      },
    );
    inBackground(around.log, 'handshake', proven);
  });
  io.on('connection', (socket) => {
    const proof = entering.get(socket);
    if (!proof) return socket.conn.close();
    const connection = openConnection(socket, proof.entered, around, proof.opened);
    connections.add(connection);
    socket.on('disconnect', () => connections.delete(connection));
  });
  return connections;
}

/** Ports up to 32767: above, the system hands them to outgoing connections. */
export async function listen(http: NetServer, host: string, port: number, log: Logger): Promise<void> {
  http.listen({ host, port, backlog: 4_096 });
  await once(http, 'listening');
  if (http.listenerCount('error') === 0) http.on('error', (err) => log.error({ err }, 'the server failed'));
}
