import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { Server, type Socket as Served } from 'socket.io';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRaw } from '../generator/open-raw.ts';
import { openInNode } from '../lib/open-node.ts';
import { openSocket, type Socket, type SocketHears, type SocketOptions } from '../lib/socket.ts';

let io: Server;
let url = '';
const sockets: Socket[] = [];

beforeEach(async () => {
  const http = createServer();
  io = new Server(http, { pingInterval: 40, pingTimeout: 2_000 });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await io.close();
});

/** Opens a socket; what it hears arrives in the order of the promises that wait for it. */
function open(hears: SocketHears, options: Partial<SocketOptions> = {}): Socket {
  const socket = openSocket({ url, open: openInNode, ...options }, hears);
  sockets.push(socket);
  return socket;
}

const served = async (namespace = '/'): Promise<Served> => {
  const [socket] = (await once(io.of(namespace), 'connection')) as [Served];
  return socket;
};

describe('the hand-written client at a real Socket.IO server', () => {
  it('enters a namespace with its token, and hears and says events', async () => {
    const connection = served('/admin');
    const connected = Promise.withResolvers<string>();
    const heard = Promise.withResolvers<unknown[]>();
    const socket = open(
      { connected: connected.resolve, event: (name, args) => heard.resolve([name, ...args]) },
      { namespace: 'admin', path: 'socket.io', auth: () => ({ token: 'a.b' }) },
    );
    const server = await connection;
    expect(await connected.promise).toBe(server.id);
    expect(server.handshake.auth).toEqual({ token: 'a.b' });
    server.emit('news', { one: 1 }, [2]);
    expect(await heard.promise).toEqual(['news', { one: 1 }, [2]]);
    socket.emit('said', 'é\u2028"', null);
    expect(await once(server, 'said')).toEqual(['é\u2028"', null]);
  });

  it('carries a query of its own in every handshake, asked for anew', async () => {
    const connected = Promise.withResolvers<string>();
    let tokens = 0;
    const first = served();
    open(
      { connected: connected.resolve },
      { query: () => ({ token: `a&b=${(tokens += 1)}` }), reconnect: { firstMs: 1, maxMs: 1 } },
    );
    const server = await first;
    expect(server.handshake.query).toMatchObject({ EIO: '4', token: 'a&b=1' });
    await connected.promise;
    const second = served();
    server.conn.close();
    expect((await second).handshake.query).toMatchObject({ token: 'a&b=2' });
  });

  it('asks and is asked, also with binary values', async () => {
    const connection = served();
    const answered = Promise.withResolvers<unknown[] | undefined>();
    const connected = Promise.withResolvers<string>();
    const socket = open({
      connected: connected.resolve,
      event: (_name, [bytes], _at, answer) => answer?.({ back: bytes }),
    });
    const server = await connection;
    server.on('ask', (bytes: Buffer, answer: (said: object) => void) => answer({ size: bytes.length, bytes }));
    await connected.promise;
    socket.ask(answered.resolve, 'ask', Uint8Array.of(1, 2, 3).subarray(1));
    const [answer] = (await answered.promise) as [{ size: number; bytes: ArrayBuffer }];
    expect(answer.size).toBe(2);
    expect([...new Uint8Array(answer.bytes)]).toEqual([2, 3]);
    const back = (await server.emitWithAck('ask', Buffer.from([9]))) as { back: Buffer };
    expect([...back.back]).toEqual([9]);
  });

  it('answers pings: it is still there after many of them', async () => {
    const connection = served();
    let ended = 0;
    open({ disconnected: () => (ended += 1) });
    const server = await connection;
    for (let pings = 0; pings < 5; pings += 1) await once(server.conn, 'heartbeat');
    expect(server.connected).toBe(true);
    expect(ended).toBe(0);
  });

  it('says why it was refused, and does not try again', async () => {
    io.use((_socket, next) => next(Object.assign(new Error('No.'), { data: { code: 'token_expired' } })));
    const refused = Promise.withResolvers<unknown>();
    const ended = Promise.withResolvers<number | undefined>();
    open(
      { refused: refused.resolve, disconnected: (_reason, again) => ended.resolve(again) },
      { reconnect: { firstMs: 10, maxMs: 10 } },
    );
    expect(await refused.promise).toEqual({ message: 'No.', data: { code: 'token_expired' } });
    expect(await ended.promise).toBeUndefined();
  });

  it('comes back after a cut, with jitter, and tells who asked that nobody knows the answer', async () => {
    const first = served();
    const connected = Promise.withResolvers<string>();
    const waits: (number | undefined)[] = [];
    const socket = open(
      { connected: connected.resolve, disconnected: (_reason, again) => waits.push(again) },
      { reconnect: { firstMs: 30, maxMs: 90 }, random: () => 0.5 },
    );
    const server = await first;
    await connected.promise;
    const answered = Promise.withResolvers<unknown[] | undefined>();
    socket.ask(answered.resolve, 'never answered');
    const second = served();
    await once(server, 'never answered');
    server.conn.close();
    expect(await answered.promise).toBeUndefined();
    expect((await second).id).not.toBe(server.id);
    expect(waits).toEqual([18.75]);
  });

  it('stays away when the server disconnects it by name', async () => {
    const connection = served();
    const connected = Promise.withResolvers<string>();
    const ended = Promise.withResolvers<[string, number | undefined]>();
    open(
      { connected: connected.resolve, disconnected: (...why) => ended.resolve(why) },
      { reconnect: { firstMs: 1, maxMs: 1 } },
    );
    const server = await connection;
    await connected.promise;
    server.disconnect();
    expect(await ended.promise).toEqual(['disconnected by the server', undefined]);
  });

  it('doubles the wait with each failure, up to its bound', async () => {
    await io.close();
    const waits: (number | undefined)[] = [];
    const tried = Promise.withResolvers<void>();
    open(
      { disconnected: (_reason, again) => void (waits.push(again) === 4 && tried.resolve()) },
      { reconnect: { firstMs: 4, maxMs: 16 }, random: () => 1 },
    );
    await tried.promise;
    expect(waits).toEqual([4, 8, 16, 16]);
  });

  it('comes back after what the refusal said, and a jitter of its own', async () => {
    const refusal = 'HTTP/1.1 503 Overloaded\r\nconnection: close\r\n\r\n{"code":4,"retryAfterMs":70}';
    const refusing = createServer();
    refusing.on('upgrade', (_request, connection) => connection.end(refusal, () => connection.destroy()));
    refusing.listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const { port } = refusing.address() as AddressInfo;
    const told = Promise.withResolvers<[string, number | undefined]>();
    open(
      { disconnected: (reason, again) => told.resolve([reason, again]) },
      {
        url: `http://127.0.0.1:${port}`,
        open: openRaw,
        reconnect: { firstMs: 40, maxMs: 40 },
        random: () => 0.5,
      },
    );
    expect(await told.promise).toEqual(['HTTP/1.1 503 Overloaded', 90]);
    refusing.close();
  });

  it('leaves properly: the server hears that it meant to', async () => {
    const connection = served();
    const connected = Promise.withResolvers<string>();
    const socket = open({ connected: connected.resolve });
    const server = await connection;
    await connected.promise;
    const left = once(server, 'disconnect');
    socket.close();
    expect((await left)[0]).toBe('client namespace disconnect');
  });
});
