import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Telling } from '@parley/core';
import { connectRedis } from '@parley/node-kit';
import { freePort, type Part, startRedis, until } from '@parley/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startCluster, type TestCluster } from './support/cluster.ts';
import { type Client, tellings, untilHeard, upTo } from './support/nodes.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-fanout-'));
let port: number;
let redis: Part;

const start = async () => {
  redis = await startRedis({ port, dir: folder, logFile: join(folder, 'redis.log') });
};
beforeAll(async () => {
  port = await freePort();
  await start();
});
afterAll(async () => {
  await redis.stop();
  rmSync(folder, { recursive: true, force: true });
});

const tailIsOff = { tail: false };

describe.each([
  ['frozen', () => redis.signal('SIGSTOP'), async () => redis.signal('SIGCONT')],
  ['killed, and restarted empty', () => redis.signal('SIGKILL'), () => redis.exited.then(start)],
] as const)('while Redis is %s', (_, stop, goOn) => {
  let cluster: TestCluster;
  let [here, alsoHere, elsewhere]: Client[] = [];
  let no: number;

  beforeEach(async () => {
    cluster = await startCluster({ nodes: 2, onEnd: onTestFinished, redisUrl: redis.url, nets: tailIsOff });
    no = cluster.log.createGroup(['ann', 'ben']).no;
    const groups = { groups: [no] };
    here = await cluster.client(1, 'ann', groups);
    alsoHere = await cluster.client(1, 'ben', groups);
    elsewhere = await cluster.client(2, 'ben', groups);
  });

  const send = () => cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, 'ann', 'sent')));

  it('clients of the same node hear at once, and the others everything when it is back', {
    timeout: 30_000,
  }, async () => {
    if (!here || !alsoHere || !elsewhere) throw new Error('no clients');
    send();
    await untilHeard(elsewhere, no, 1);
    stop();
    const slowest = { ms: 0 };
    for (const n of upTo(100)) {
      const at = performance.now();
      send();
      await Promise.all([untilHeard(here, no, n + 1, 2_000), untilHeard(alsoHere, no, n + 1, 2_000)]);
      slowest.ms = Math.max(slowest.ms, performance.now() - at);
    }
    expect(slowest.ms).toBeLessThan(500);
    // Longer than a silence is borne: the connections are made anew against a Redis that does not answer.
    await until(async () => (await cluster.node(1).count('redis_up')) === 0, {
      what: 'the node notices',
      withinMs: 5_000,
    });
    const late = await cluster.client(2, 'ann', { groups: [no] });
    expect(late.joined).toBe('unconfirmed');
    await goOn();
    await untilHeard(elsewhere, no, 101, 10_000);
    expect(elsewhere.seqs(no)).toEqual(upTo(101));
    const isBack = async (number: number) => (await cluster.node(number).count('redis_up')) === 2;
    for (const number of [1, 2]) await until(() => isBack(number), { what: 'both connections', withinMs: 10_000 });
    send();
    await Promise.all([untilHeard(elsewhere, no, 102), untilHeard(late, no, 1)]);
    expect(late.seqs(no).at(-1)).toBe(102);
  });
});

// Whatever is lost must be found by the comparison that follows: no later message may show it.
const comparisonOnly = { hold: false, tail: false };

describe('a subscriber that is cut three times in a flow of 1,500 messages', () => {
  it('misses nothing: not the last message, not an edit, not a receipt', { timeout: 30_000 }, async () => {
    const cluster = await startCluster({ nodes: 2, onEnd: onTestFinished, redisUrl: redis.url, nets: comparisonOnly });
    const { log } = cluster;
    const group = log.createGroup(['ann', 'ben']).no;
    const direct = log.openDirect('ann', 'ben').no;
    const ben = await cluster.client(2, 'ben', { groups: [group] });
    const admin = connectRedis(redis.url, 'commands', { enableOfflineQueue: true });
    onTestFinished(() => admin.disconnect());
    const tell = (telling: Telling) => cluster.node(1).fanout.tell(telling);
    for (const i of upTo(750)) {
      for (const no of [group, direct]) tell(tellings.created(log.append(no, 'ann', `${i}`)));
      if (i % 50 === 0) await new Promise(setImmediate);
      if (i % 250 === 0) {
        await admin.client('KILL', 'TYPE', 'PUBSUB');
        tell(tellings.created(log.append(group, 'ann', 'right after the cut')));
        for (const no of [group, direct]) {
          tell(tellings.edited(log.edit(no, i, 'edited')));
          tell(tellings.received(log.read(no, 'ben', i)));
        }
      }
    }
    await Promise.all([untilHeard(ben, group, 753, 10_000), untilHeard(ben, direct, 750, 10_000)]);
    expect(ben.seqs(group)).toEqual(upTo(753));
    expect(ben.seqs(direct)).toEqual(upTo(750));
    const edits = () => new Set(ben.heard('message.edited').map(({ id }) => id));
    await until(() => edits().size === 6, { what: 'every edit' });
    const receipts = () =>
      new Set(
        ben
          .heard('receipt.advanced')
          .filter((r) => r.readSeq === 750)
          .map((r) => r.conversationId),
      );
    await until(() => receipts().size === 2, { what: 'the last receipt of both' });
  });
});

describe('what nodes say to each other of two users', () => {
  it('is known to be missed when a node hears the others again', async () => {
    let missed = 0;
    const onPairNewsMissed = () => void (missed += 1);
    const cluster = await startCluster({ nodes: 2, onEnd: onTestFinished, redisUrl: redis.url, onPairNewsMissed });
    const isUp = async (number: number) => (await cluster.node(number).count('redis_up')) === 2;
    for (const number of [1, 2]) await until(() => isUp(number), { what: 'both connections' });
    const admin = connectRedis(redis.url, 'commands', { enableOfflineQueue: true });
    onTestFinished(() => admin.disconnect());
    expect(missed).toBe(0);
    await admin.client('KILL', 'TYPE', 'PUBSUB');
    await until(() => missed === 2, { what: 'both nodes know of it' });
  });
});

describe('a node that starts while Redis is away', () => {
  it('starts, tells its own clients, and joins the others when Redis comes', { timeout: 30_000 }, async () => {
    const laterPort = await freePort();
    const url = `redis://127.0.0.1:${laterPort}`;
    const cluster = await startCluster({ nodes: 2, onEnd: onTestFinished, redisUrl: url });
    const { no } = cluster.log.createGroup(['ann']);
    const [one, two] = [
      await cluster.client(1, 'ann', { groups: [no] }),
      await cluster.client(2, 'ann', { groups: [no] }),
    ];
    expect([one.joined, two.joined]).toEqual(['unconfirmed', 'unconfirmed']);
    const send = () => cluster.node(1).fanout.tell(tellings.created(cluster.log.append(no, 'ann', 'sent')));
    send();
    await untilHeard(one, no, 1);
    const later = await startRedis({ port: laterPort, dir: folder, logFile: join(folder, 'later.log') });
    onTestFinished(() => later.stop());
    await untilHeard(two, no, 1, 10_000);
    send();
    await untilHeard(two, no, 2);
    expect(two.seqs(no)).toEqual([1, 2]);
  });
});
