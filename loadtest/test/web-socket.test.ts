import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { integerBehind, startsWith, stampIn } from '../generator/bytes.ts';
import { openWebSocket } from '../generator/web-socket.ts';
import { readStamp, stampedBody } from '../lib/stamp.ts';

let server: WebSocketServer;
beforeAll(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/socket.io/' });
  await once(server, 'listening');
});
afterAll(async () => {
  for (const client of server.clients) client.terminate();
  server.close();
  await once(server, 'close');
});

/** A connection, from both its ends. */
async function opened() {
  const { port } = server.address() as AddressInfo;
  const heard: string[] = [];
  let onHeard = (): void => undefined;
  const closed = Promise.withResolvers<string>();
  const connected = once(server, 'connection') as Promise<[WebSocket, { socket: Socket }]>;
  const socket = openWebSocket(
    `ws://127.0.0.1:${port}/socket.io/`,
    { 'x-name': 'ann' },
    {
      text(bytes, start, end) {
        heard.push(bytes.toString('latin1', start, end));
        onHeard();
      },
      closed: (reason) => closed.resolve(reason),
    },
  );
  const [peer, request] = await connected;
  const until = (count: number) =>
    new Promise<string[]>((resolve) => {
      onHeard = () => heard.length >= count && resolve(heard);
      onHeard();
    });
  return { socket, peer, tcp: request.socket, heardAtLeast: until, closed: closed.promise };
}

describe('the raw WebSocket', () => {
  it('is understood by a real server, whatever the length of a frame', async () => {
    const { socket, peer } = await opened();
    const texts = ['', 'x', 'y'.repeat(125), 'z'.repeat(126), 'w'.repeat(60_000)];
    const received: string[] = [];
    const all = new Promise<void>((resolve) =>
      peer.on('message', (data: Buffer) => received.push(data.toString()) === texts.length && resolve()),
    );
    for (const text of texts) socket.send(text);
    await all;
    expect(received).toEqual(texts);
    socket.close();
  });

  it('understands a real server, wherever the network cuts', async () => {
    const { socket, peer, tcp, heardAtLeast } = await opened();
    const texts = [
      'a',
      'b'.repeat(125),
      'c'.repeat(126),
      'd'.repeat(65_535),
      'e'.repeat(70_000),
      'f'.repeat(400_000),
      '',
    ];
    const whole: Buffer[] = [];
    const write = tcp.write.bind(tcp);
    // What the server writes is kept back, and sent in pieces of three lengths.
    tcp.write = (chunk: Uint8Array | string) => whole.push(Buffer.from(chunk)) > 0;
    for (const text of texts) peer.send(text);
    tcp.write = write;
    const bytes = Buffer.concat(whole);
    for (let at = 0, size = 1; at < bytes.length; at += size, size = at < 600 ? (size % 3) + 1 : 30_011) {
      await new Promise((resolve) => tcp.write(bytes.subarray(at, at + size), resolve));
    }
    expect(await heardAtLeast(texts.length)).toEqual(texts);
    socket.close();
  });

  it('answers a ping, and hears that the server closes', async () => {
    const { peer, closed } = await opened();
    const pong = once(peer, 'pong');
    peer.ping('are you there');
    expect(String((await pong)[0])).toBe('are you there');
    peer.close();
    expect(await closed).toBe('the server closed');
  });

  it('hears that it was refused', async () => {
    const { port } = server.address() as AddressInfo;
    server.options.verifyClient = (_info: unknown, answer: (ok: boolean, code: number) => void) => answer(false, 403);
    const { promise, resolve } = Promise.withResolvers<string>();
    openWebSocket(`ws://127.0.0.1:${port}/socket.io/`, {}, { text: () => undefined, closed: resolve });
    expect(await promise).toBe('HTTP/1.1 403 Forbidden');
    delete server.options.verifyClient;
  });
});

describe('reading bytes', () => {
  const stamp = { sender: 12, counter: 3_456, atUs: 7_890_123_456 };
  const frame = `42["message.created",{"seq":77,"body":"${stampedBody(stamp)}"}]`;
  const bytes = Buffer.from(`zz~9.9.9~"seq":1${frame}~8.8.8~`);
  const [start, end] = [16, 16 + frame.length];

  it('finds what scanning the text finds, within the frame only', () => {
    expect(stampIn(bytes, start, end)).toEqual(readStamp(frame));
    expect(integerBehind(bytes, Buffer.from('"seq":'), start, end)).toBe(77);
    expect(startsWith(bytes, Buffer.from('42["message.created",'), start, end)).toBe(true);
    expect(startsWith(bytes, Buffer.from('42["message.edited",'), start, end)).toBe(false);
  });

  it('finds nothing where there is nothing', () => {
    expect(stampIn(bytes, start, start + 30)).toBeUndefined();
    expect(integerBehind(bytes, Buffer.from('"rev":'), start, end)).toBeNaN();
    expect(startsWith(Buffer.from('42["message'), Buffer.from('42["message.created",'), 0, 11)).toBe(false);
  });
});
