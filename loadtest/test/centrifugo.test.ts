import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { configOf } from '../bench/peers/centrifugo.ts';
import { eachLine, enterCommands, publishCommand, readReply } from '../generator/centrifugo.ts';
import type { Hears } from '../generator/client.ts';
import { openClient } from '../generator/open-client.ts';
import type { Seat } from '../generator/plan.ts';
import { stampedBody } from '../lib/stamp.ts';

/** As Centrifugo 5.4.9 wrote them. */
const connected = '{"id":1,"connect":{"client":"68bde261","version":"0.0.0","ping":25,"pong":true}}';
const subscribed = '{"id":2,"subscribe":{}}';
const published = '{"id":3,"publish":{}}';
const unknown = '{"id":6,"error":{"code":102,"message":"unknown channel"}}';
const delivery = (body: string) =>
  `{"push":{"channel":"bench-0","pub":{"data":{"clientId":"c","body":"${body}"},"info":{"user":"","client":"68bde261"}}}}`;

const stamps = [0, 1].map((counter) => ({ sender: 7, counter, atUs: 1_000 + counter }));
const bodies = stamps.map(stampedBody);

describe("Centrifugo's protocol", () => {
  it('is entered by two commands in one frame, and a message names its channel and an id of its own', () => {
    expect(
      enterCommands('bench-0')
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { id: 1, connect: {} },
      { id: 2, subscribe: { channel: 'bench-0' } },
    ]);
    expect(JSON.parse(publishCommand(0, 'bench-0', { clientId: 'c', body: 'x' }))).toEqual({
      id: 3,
      publish: { channel: 'bench-0', data: { clientId: 'c', body: 'x' } },
    });
  });

  it('answers by the id of the command, with an error or without', () => {
    const of = (line: string) => readReply(Buffer.from(line));
    expect(of(connected)).toEqual({ of: 'connect', outcome: 'stored' });
    expect(of(subscribed)).toEqual({ of: 'subscribe', outcome: 'stored' });
    expect(of(published)).toEqual({ of: { id: 0 }, outcome: 'stored' });
    expect(of(unknown)).toMatchObject({ of: { id: 3 }, outcome: { code: '102 unknown channel' } });
    expect(of('{"push":{"channel":"bench-0","join":{}}}')).toBeUndefined();
  });

  it('joins lines into frames, with or without an end to the last one', () => {
    const linesOf = (text: string) => {
      const lines: string[] = [];
      const frame = Buffer.from(text);
      eachLine(frame, (start, end) => lines.push(frame.toString('latin1', start, end)));
      return lines;
    };
    expect(linesOf('a\nbc')).toEqual(['a', 'bc']);
    expect(linesOf('a\nbc\n')).toEqual(['a', 'bc']);
    expect(linesOf('')).toEqual([]);
  });
});

describe('a client of Centrifugo', () => {
  let server: WebSocketServer;
  beforeAll(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/connection/websocket' });
    await once(server, 'listening');
  });
  afterAll(async () => {
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
  });

  /** A client, what it heard, and the server's end of its connection. */
  async function entered() {
    const { port } = server.address() as AddressInfo;
    const heard: unknown[] = [];
    let onHeard = (): void => undefined;
    const hear = (what: unknown) => (heard.push(what), onHeard());
    const hears: Hears = {
      ready: (reached) => hear(['ready', reached]),
      answered: (id, outcome) => hear(['answered', id, outcome]),
      delivered: (stamp) => hear(['delivered', stamp]),
      closed: (reason) => hear(['closed', reason]),
    };
    const seat: Seat = {
      url: `ws://127.0.0.1:${port}`,
      headers: {},
      userId: 'ann',
      token: '',
      conversationId: 'bench-0',
    };
    const connection = once(server, 'connection') as Promise<[WebSocket]>;
    const client = openClient('centrifugo', seat, hears);
    const [peer] = await connection;
    const said = once(peer, 'message') as Promise<[Buffer]>;
    const heardAtLeast = (count: number) =>
      new Promise<unknown[]>((resolve) => {
        onHeard = () => heard.length >= count && resolve(heard);
        onHeard();
      });
    return { client, peer, said, heardAtLeast };
  }

  it('is ready once it hears the channel, and takes apart what the server joined', async () => {
    const { client, peer, said, heardAtLeast } = await entered();
    expect(String((await said)[0])).toBe(enterCommands('bench-0'));
    peer.send(`${connected}\n${subscribed}`);
    expect(await heardAtLeast(1)).toEqual([['ready', undefined]]);
    peer.send([delivery(bodies[0]!), published, delivery(bodies[1]!), unknown].join('\n'));
    expect((await heardAtLeast(5)).slice(1)).toMatchObject([
      ['delivered', stamps[0]],
      ['answered', 0, 'stored'],
      ['delivered', stamps[1]],
      ['answered', 3, { code: '102 unknown channel' }],
    ]);
    client.close();
  });

  it('says that it is there when it is asked', async () => {
    const { client, peer, said } = await entered();
    await said;
    const answer = once(peer, 'message') as Promise<[Buffer]>;
    peer.send(`${connected}\n{}`);
    expect(String((await answer)[0])).toBe('{}');
    client.close();
  });

  it('ends when it is not let into the channel', async () => {
    const { client, peer, heardAtLeast } = await entered();
    peer.send('{"id":2,"error":{"code":103,"message":"permission denied"}}');
    expect(await heardAtLeast(1)).toEqual([['closed', '103 permission denied']]);
    client.close();
  });
});

describe('the configuration of a node of Centrifugo', () => {
  it('joins nodes by the Redis of the bench, listens to this machine only, and tells nobody', () => {
    expect(configOf(25_001, 'redis://127.0.0.1:25002')).toMatchObject({
      address: '127.0.0.1',
      port: '25001',
      engine: 'redis',
      redis_address: 'redis://127.0.0.1:25002',
      usage_stats_disable: true,
    });
  });

  it('has no history, no presence, no compression: what it does not do costs it nothing', () => {
    const names = Object.keys(configOf(1, ''));
    expect(names.filter((name) => /history|presence|recovery|compression|proxy/.test(name))).toEqual([]);
  });
});
