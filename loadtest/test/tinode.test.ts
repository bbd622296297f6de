import { describe, expect, it } from 'vitest';
import { faultsOf } from '../bench/audit.ts';
import { configOf } from '../bench/peers/tinode.ts';
import { integerBehind, startsWith, stampIn } from '../generator/bytes.ts';
import {
  deliveryHead,
  enterMessages,
  locked,
  numberKey,
  publishMessage,
  readAnswer,
  subMessage,
} from '../generator/tinode.ts';
import { stampedBody } from '../lib/stamp.ts';
import { standIn } from './stand-in.ts';

const topic = 'grpeGx7MY4ckLE';
const at = '"ts":"2026-11-22T02:39:25.428Z"';
/** As Tinode 0.25.3 wrote them. */
const frames = {
  hi: `{"ctrl":{"id":"1","params":{"build":"postgres:undef","maxMessageSize":131072,"ver":"0.25"},"code":201,"text":"created",${at}}}`,
  sub: `{"ctrl":{"id":"3","topic":"${topic}","code":200,"text":"ok",${at}}}`,
  accepted: `{"ctrl":{"id":"4","topic":"${topic}","params":{"seq":1},"code":202,"text":"accepted",${at}}}`,
  refused: `{"ctrl":{"id":"6","topic":"${topic}","code":409,"text":"must attach first",${at}}}`,
  shutdown: `{"ctrl":{"code":205,"text":"server shutdown",${at}}}`,
  locked: `{"ctrl":{"id":"3","topic":"${topic}","code":503,"text":"locked",${at}}}`,
  presence: `{"pres":{"topic":"${topic}","src":"usrX71_b3saNDk","what":"acs","dacs":{"want":"JRW","given":"JRW"}}}`,
};
const delivery = (body: string) =>
  Buffer.from(`{"data":{"topic":"${topic}","from":"usrX71_b3saNDk",${at},"seq":17,"content":"${body}"}}`);

describe("Tinode's protocol", () => {
  it('is entered by version, token and topic, and a message has an id of its own', () => {
    expect(enterMessages('a-token', topic).map((text) => JSON.parse(text))).toEqual([
      { hi: { id: '1', ver: '0.25', ua: 'bench' } },
      { login: { id: '2', scheme: 'token', secret: 'a-token' } },
      { sub: { id: '3', topic } },
    ]);
    expect(JSON.parse(publishMessage(0, topic, 'x'))).toEqual({ pub: { id: '4', topic, content: 'x' } });
  });

  it('answers by the id, with a code that says what came of it', () => {
    const of = (frame: string) => readAnswer(Buffer.from(frame));
    expect(of(frames.hi)).toEqual({ of: 'entering', outcome: 'stored' });
    expect(of(frames.sub)).toEqual({ of: 'sub', outcome: 'stored' });
    expect(of(frames.accepted)).toEqual({ of: { id: 0 }, outcome: 'stored' });
    expect(of(frames.refused)).toMatchObject({ of: { id: 2 }, outcome: { code: '409 must attach first' } });
    expect(of(frames.locked)).toMatchObject({ of: 'sub', outcome: { code: locked } });
    expect([of(frames.shutdown), of(frames.presence)]).toEqual([undefined, undefined]);
  });

  it('delivers with a number that is dense in its topic', () => {
    const stamp = { sender: 3, counter: 4, atUs: 5_000 };
    const frame = delivery(stampedBody(stamp));
    expect(startsWith(frame, deliveryHead, 0, frame.length)).toBe(true);
    expect(stampIn(frame, 0, frame.length)).toEqual(stamp);
    expect(integerBehind(frame, numberKey, 0, frame.length)).toBe(17);
  });
});

describe('a client of Tinode', () => {
  const server = standIn('/v0/channels');
  const stamp = { sender: 3, counter: 4, atUs: 5_000 };

  it('enters, is ready once it hears the topic, and takes answers and deliveries', async () => {
    const { client, peer, said, heard } = await server.enter('tinode', topic);
    expect(await said(3)).toEqual(enterMessages('a-token', topic));
    for (const frame of [frames.hi, frames.presence, frames.sub]) peer.send(frame);
    expect(await heard(1)).toEqual([['ready', undefined]]);
    for (const frame of [delivery(stampedBody(stamp)).toString(), frames.accepted]) peer.send(frame);
    expect((await heard(3)).slice(1)).toEqual([
      ['delivered', stamp, 17],
      ['answered', 0, 'stored'],
    ]);
    client.close();
  });

  it('asks again while somebody else has the topic read', async () => {
    const { client, peer, said, heard } = await server.enter('tinode', topic);
    peer.send(frames.locked);
    expect((await said(4)).at(-1)).toBe(subMessage(topic));
    peer.send(frames.sub);
    expect(await heard(1)).toEqual([['ready', undefined]]);
    client.close();
  });

  it('ends when it is not let in', async () => {
    const { client, peer, heard } = await server.enter('tinode', topic);
    peer.send(`{"ctrl":{"id":"2","code":401,"text":"authentication failed",${at}}}`);
    expect(await heard(1)).toEqual([['closed', '401 authentication failed']]);
    client.close();
  });
});

describe('the configuration of Tinode', () => {
  it('stores in the PostgreSQL of the bench, with a pool of 50, and listens to this machine only', () => {
    const { listen, store_config } = configOf(25_001, 'postgres://u@127.0.0.1:25002/bench', {
      uid_key: 'k',
      tokens: 't',
    });
    expect(listen).toBe('127.0.0.1:25001');
    expect(store_config.use_adapter).toBe('postgres');
    expect(store_config.adapters.postgres.dsn).toBe(
      'postgres://u@127.0.0.1:25002/bench?sslmode=disable&pool_max_conns=50',
    );
  });
});

describe('the audit of a store', () => {
  it('names what is missing, what is there twice, and where numbers have holes', () => {
    expect(faultsOf({ stored: 5, distinct: 5, sparse: 0 }, 5)).toEqual([]);
    expect(faultsOf({ stored: 5, distinct: 4, sparse: 1 }, 6)).toEqual([
      '5 messages are stored, 6 were acknowledged',
      '1 messages are stored twice',
      '1 conversations have holes in their numbers',
    ]);
  });
});
