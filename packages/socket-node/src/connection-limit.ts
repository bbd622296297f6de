import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { addressOf, type Doors, doorOf, type RateLimits } from '@parley/node-kit';
import type { Server } from 'socket.io';
import { type NodeState, refusalAtTheDoor } from './handshake.ts';

type Engine = Pick<Server['engine'], 'use'>;

/** Until there is a WebSocket nobody else hears an upgrading connection's errors, and one unheard ends the process. */
export function hearErrors(engine: Engine): void {
  engine.use((request: IncomingMessage, _response: ServerResponse, next: () => void) => {
    if (request.headers.upgrade !== undefined) request.socket.on('error', letGo);
    next();
  });
}

/**
 * Counts each new connection by its address: beyond the limit the request itself is answered, 429 with `Retry-After`, so
 * that a plain Socket.IO client comes back by itself. A request that belongs to a session which has begun passes.
 */
export function limitConnections(engine: Engine, doors: Doors, limits: RateLimits, onRefused: () => void): void {
  engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const door = doorOf(doors, request.headers);
    if (!door || hasBegun(request)) return next();
    const address = addressOf(request.headers, request.socket.remoteAddress);
    void limits.take(door.space, ['connect.address'], { address }).then((retryAfterMs) => {
      if (retryAfterMs === 0) return next();
      onRefused();
      refuse(request, response, { ...tooMany, retryAfterMs });
    });
  });
}

/**
 * Admits new sessions at the node's own rate. Who is refused is told when to come back: a WebSocket of a browser cannot
 * read it, and so the SDK tries long-polling once, which can.
 * @param ask `look` before what costs more than this, so that a storm is refused for little; `take` after every other
 * check that needs no token
 */
export function admitSessions(
  engine: Engine,
  doors: Doors,
  node: NodeState,
  ask: 'look' | 'take',
  onRefused: () => void,
): void {
  engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    // Refused for another reason: Engine.IO says so, and nothing is taken from those who may come in.
    if (hasBegun(request) || refusalAtTheDoor(request, doors, node)) return next();
    const admitted = node.admission[ask]();
    if (admitted.ok) return next();
    onRefused();
    refuse(request, response, { ...overloaded, retryAfterMs: admitted.retryAfterMs });
  });
}

const tooMany = { status: '429 Too Many Requests', code: 'rate_limited' } as const;
const overloaded = { status: '503 Service Unavailable', code: 'overloaded' } as const;

type Refused = (typeof tooMany | typeof overloaded) & { retryAfterMs: number };

const hasBegun = (request: IncomingMessage): boolean =>
  Boolean(new URL(request.url ?? '/', 'http://node').searchParams.get('sid'));

function letGo(this: Socket): void {
  this.destroy();
}

/** An upgrade has no response of its own here: the words go into the connection as they are. */
function refuse(request: IncomingMessage, response: ServerResponse, { status, code, retryAfterMs }: Refused): void {
  const body = JSON.stringify({ code: 4, message: code, retryAfterMs });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'retry-after': String(Math.ceil(retryAfterMs / 1_000)),
    'cache-control': 'no-store',
  };
  if (request.headers.upgrade === undefined) {
    response.writeHead(Number.parseInt(status, 10), headers).end(body);
    return;
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const { socket } = request;
  // Nobody reads it any more: its other end would never be seen to close.
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\n${lines.join('')}\r\n${body}`, () => socket.destroy());
}
