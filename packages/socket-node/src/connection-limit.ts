import type { IncomingMessage, ServerResponse } from 'node:http';
import { addressOf, type Doors, doorOf, type RateLimits } from '@parley/node-kit';
import type { Server } from 'socket.io';

type Engine = Pick<Server['engine'], 'use'>;

/**
 * Counts each new connection by its address, before any other check of a node: beyond the limit the request itself is
 * answered, 429 with `Retry-After`, so that a plain Socket.IO client comes back by itself. A request that belongs to a
 * session which has begun passes.
 */
export function limitConnections(engine: Engine, doors: Doors, limits: RateLimits, onRefused: () => void): void {
  engine.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const door = doorOf(doors, request.headers);
    if (!door || new URL(request.url ?? '/', 'http://node').searchParams.get('sid')) return next();
    const address = addressOf(request.headers, request.socket.remoteAddress);
    void limits.take(door.space, ['connect.address'], { address }).then((retryAfterMs) => {
      if (retryAfterMs === 0) return next();
      onRefused();
      refuse(request, response, retryAfterMs);
    });
  });
}

/** An upgrade has no response of its own here: the words go into the connection as they are. */
function refuse(request: IncomingMessage, response: ServerResponse, retryAfterMs: number): void {
  const body = JSON.stringify({ code: 4, message: 'rate_limited', retryAfterMs });
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'retry-after': String(Math.ceil(retryAfterMs / 1_000)),
    'cache-control': 'no-store',
  };
  if (request.headers.upgrade === undefined) {
    response.writeHead(429, headers).end(body);
    return;
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  request.socket.end(`HTTP/1.1 429 Too Many Requests\r\nconnection: close\r\n${lines.join('')}\r\n${body}`);
}
