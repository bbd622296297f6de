import { startRedisCluster, until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCluster } from './support/cluster.ts';
import { tellings, untilHeard, upTo } from './support/nodes.ts';

let redis: Awaited<ReturnType<typeof startRedisCluster>>;
beforeAll(async () => {
  redis = await startRedisCluster({ replicas: 1 });
}, 60_000);
afterAll(() => redis.stop(), 20_000);

/** Two nodes, each with a client that is in twelve groups: their rooms lie on all primaries. */
async function start() {
  const { log, node, client } = await startCluster({ nodes: 2, onEnd: onTestFinished, redisUrl: redis.url });
  const areUp = async () => (await node(1).count('redis_up')) + (await node(2).count('redis_up')) === 4;
  await until(areUp, { what: 'both connections of both nodes', withinMs: 20_000 });
  const nos = upTo(12).map(() => log.createGroup(['ann', 'ben']).no);
  const ann = await client(1, 'ann', { groups: nos });
  const ben = await client(2, 'ben', { groups: nos });
  expect([ann.joined, ben.joined]).toEqual(['confirmed', 'confirmed']);
  let sent = 0;
  const repaired = () => node(2).count('repaired_total');
  const send = async () => {
    for (const no of nos) node(1).fanout.tell(tellings.created(log.append(no, 'ann', 'sent')));
    sent += 1;
    for (const no of nos) await untilHeard(ben, no, sent, 10_000);
  };
  /** Each round is heard in the end; that nothing of one had to be repaired says that all slots are heard. */
  const isWhole = async () => {
    if (!(await areUp())) return false;
    const before = await repaired();
    await send();
    return (await repaired()) === before;
  };
  return {
    send,
    repaired,
    untilWhole: () => until(isWhole, { what: 'all slots are heard', withinMs: 60_000 }),
    expectAllInOrder: () => {
      for (const no of nos) expect([ann.seqs(no), ben.seqs(no)]).toEqual([upTo(sent), upTo(sent)]);
    },
  };
}

describe('on a Redis Cluster', () => {
  it('rooms of all slots hear each other, also after slots have moved', { timeout: 60_000 }, async () => {
    const { send, repaired, untilWhole, expectAllInOrder } = await start();
    await send();
    expect(await repaired()).toBe(0);
    await redis.moveSlots(0, 1, redis.slotsOf(0).slice(0, 2_000));
    await untilWhole();
    expectAllInOrder();
  });

  it('and after a replica took over from its primary', { timeout: 90_000 }, async () => {
    const { send, untilWhole, expectAllInOrder } = await start();
    await send();
    redis.parts[1]?.signal('SIGKILL');
    // What is sent before the replica takes over reaches nobody through Redis.
    await send();
    await untilWhole();
    expectAllInOrder();
  });
});
