import { describe, expect, it } from 'vitest';
import { configOf } from '../bench/peers/centrifugo.ts';
import { eachLine, enterCommands, publishCommand, readReply } from '../generator/centrifugo.ts';
import { stampedBody } from '../lib/stamp.ts';
import { standIn } from './stand-in.ts';

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
  const server = standIn('/connection/websocket');

  it('is ready once it hears the channel, and takes apart what the server joined', async () => {
    const { client, peer, said, heard } = await server.enter('centrifugo', 'bench-0');
    expect(await said(1)).toEqual([enterCommands('bench-0')]);
    peer.send(`${connected}\n${subscribed}`);
    expect(await heard(1)).toEqual([['ready', undefined]]);
    peer.send([delivery(bodies[0]!), published, delivery(bodies[1]!), unknown].join('\n'));
    expect((await heard(5)).slice(1)).toMatchObject([
      ['delivered', stamps[0], undefined],
      ['answered', 0, 'stored'],
      ['delivered', stamps[1], undefined],
      ['answered', 3, { code: '102 unknown channel' }],
    ]);
    client.close();
  });

  it('says that it is there when it is asked', async () => {
    const { client, peer, said } = await server.enter('centrifugo', 'bench-0');
    peer.send(`${connected}\n{}`);
    expect((await said(2)).at(-1)).toBe('{}');
    client.close();
  });

  it('ends when it is not let into the channel', async () => {
    const { client, peer, heard } = await server.enter('centrifugo', 'bench-0');
    peer.send('{"id":2,"error":{"code":103,"message":"permission denied"}}');
    expect(await heard(1)).toEqual([['closed', '103 permission denied']]);
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
