import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '@parley/cluster';
import { startRedisCluster, until } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRun, gather, type Load, serveCluster, talk, viewOf } from '../src/index.ts';

const groupsMax = 12;
const groupSize = 4;
const movedSlots = 400;

describe('the whole cluster on a Redis Cluster of three primaries with replicas', () => {
  it('slots move under load, and a primary fails over: nothing is lost, doubled or out of order, and all is told live again', async () => {
    const { cluster, redis } = await start();
    const run = createRun(cluster);
    const { talkers } = await gather(run, { users: groupsMax * groupSize, perGroup: groupSize });
    const load = talk(talkers, { perSecond: 50 });
    await untilLive('before anything happens', load, cluster);

    await redis.moveSlots(0, 1, movedSlots);
    await redis.moveSlots(2, 0, movedSlots);
    await untilLive(`${2 * movedSlots} slots moved`, load, cluster);

    redis.parts[1]?.signal('SIGKILL');
    await untilLive('a primary was killed, and its replica took over', load, cluster);
    await load.end();

    const { violations, convergedMs } = await run.verdict({ withinMs: 20_000 });
    console.log(
      `${load.acks.length} messages acknowledged, converged after ${Math.round(convergedMs)} ms, ${violations.length} violations`,
    );
    expect(violations).toEqual([]);
  });
});

/** Every message of a while was told as it was sent, and none had to be found in the log. */
async function untilLive(what: string, load: Load, cluster: ReturnType<typeof viewOf>): Promise<void> {
  const startedAt = performance.now();
  const nodes = (await cluster.nodes()).filter(({ kind }) => kind === 'socket').map(({ id }) => id);
  const repaired = async () => {
    const counts = await Promise.all(nodes.map((id) => cluster.metric(id, 'parley_fanout_repaired_total')));
    return counts.reduce((sum, count) => sum + count, 0);
  };
  const isLive = async () => {
    const before = await repaired();
    const acked = load.acks.length;
    await until(() => load.acks.length >= acked + 200, {
      what: `messages are acknowledged: ${what}`,
      withinMs: 60_000,
    });
    return (await repaired()) === before;
  };
  await until(isLive, { what: `no message needs a repair: ${what}`, withinMs: 90_000 });
  console.log(`${what}: live again within ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

async function start() {
  const dir = mkdtempSync(join(tmpdir(), 'parley-redis-cluster-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(dir, 0o755);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const redis = await startRedisCluster({ replicas: 1 });
  onTestFinished(() => redis.stop());
  const cluster = await startCluster({
    dir,
    socketNodes: 3,
    apiNodes: 2,
    ports: 'free',
    durable: false,
    redisUrl: redis.url,
  });
  onTestFinished(() => cluster.stop());
  const { facts, close } = await serveCluster(cluster, { dir });
  onTestFinished(close);
  return { cluster: viewOf(facts), redis };
}
