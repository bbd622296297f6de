import { startRedisCluster, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCluster } from './support/cluster.ts';
import { tellings, untilHeard, upTo } from './support/nodes.ts';

let redis: Awaited<ReturnType<typeof startRedisCluster>>;
beforeAll(async () => {
  redis = await startRedisCluster();
}, 60_000);
afterAll(() => redis.stop(), 20_000);

describe('on a Redis Cluster', () => {
  it('rooms of all slots hear each other, also after a primary was restarted', { timeout: 60_000 }, async () => {
    const { log, node, client } = await startCluster({ nodes: 2, onEnd: onTestFinished, redisUrl: redis.url });
    const isThere = async (number: number) => (await node(number).count('redis_up')) === 2;
    for (const number of [1, 2]) await until(() => isThere(number), { what: 'both connections', withinMs: 10_000 });
    const nos = upTo(12).map(() => log.createGroup(['ann', 'ben']).no);
    const ann = await client(1, 'ann', { groups: nos });
    const ben = await client(2, 'ben', { groups: nos });
    expect([ann.joined, ben.joined]).toEqual(['confirmed', 'confirmed']);
    const send = () => {
      for (const no of nos) node(1).fanout.tell(tellings.created(log.append(no, 'ann', 'sent')));
    };
    send();
    for (const no of nos) await untilHeard(ben, no, 1);
    expect(await node(2).count('repaired_total')).toBe(0);

    await redis.restart(1);
    // Each round is heard in the end; that nothing of it had to be repaired says that all slots are there again.
    let sent = 1;
    const isWhole = async () => {
      const before = await node(2).count('repaired_total');
      send();
      sent++;
      for (const no of nos) await untilHeard(ben, no, sent, 10_000);
      return (await node(2).count('repaired_total')) === before;
    };
    await until(isWhole, { what: 'all slots are heard again', withinMs: 30_000 });
    for (const no of nos) expect([ann.seqs(no), ben.seqs(no)]).toEqual([upTo(sent), upTo(sent)]);
  });
});
