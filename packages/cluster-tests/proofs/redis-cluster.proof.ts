import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '@parley/cluster';
import { startRedisCluster, until } from '@parley/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createRun,
  type Crowd,
  gather,
  type Load,
  type PresenceWatch,
  type Run,
  serveCluster,
  talk,
  viewOf,
  watchPresence,
} from '../src/index.ts';

const groupsMax = 12;
const groupSize = 4;
/** A primary that was killed takes its leases' last seconds with it: its shards say `unknown` until all are renewed. */
const sureWithinMs = 30_000;

describe('the whole cluster on a Redis Cluster of three primaries with replicas', () => {
  it('slots move under load, and a primary fails over: nothing is lost, doubled or out of order, all is told live again, and nobody is called offline', async () => {
    const { cluster, redis } = await start();
    const run = createRun(cluster);
    const crowd = await gather(run, { users: groupsMax * groupSize, perGroup: groupSize });
    const presence = await watchEverybody(run, crowd);
    const load = talk(crowd.talkers, { perSecond: 50 });
    await untilLive('before anything happens', load, cluster);

    for (const [from, to] of [
      [0, 1],
      [2, 0],
    ] as const) {
      const { keys, channels } = await redis.inUse(from);
      const ofPresence = keys.filter(isOfPresence).length;
      const ofRooms = channels.filter((channel) => !isOfPresence(channel)).length;
      expect(ofPresence, `keys of presence on primary ${from}`).toBeGreaterThan(0);
      expect(ofRooms, `channels of rooms on primary ${from}`).toBeGreaterThan(0);
      const moved = [...new Set([...keys, ...channels].map(({ slot }) => slot))];
      await redis.moveSlots(from, to, moved);
      const what = `${moved.length} slots moved with ${ofPresence} keys of presence and the channels of ${ofRooms} rooms`;
      await untilLive(what, load, cluster);
      await presence.all('online', { withinMs: sureWithinMs });
    }

    redis.parts[1]?.signal('SIGKILL');
    await untilLive('a primary was killed, and its replica took over', load, cluster);
    await presence.all('online', { withinMs: sureWithinMs });
    await load.end();
    await presence.end();
    expect(presence.seen.filter(({ status }) => status === 'offline')).toEqual([]);

    const { violations, convergedMs } = await run.verdict({ withinMs: 20_000 });
    console.log(
      `${load.acks.length} messages acknowledged, converged after ${Math.round(convergedMs)} ms, ${violations.length} violations`,
    );
    expect(violations).toEqual([]);
  });
});

const isOfPresence = ({ name }: { name: string }): boolean => name.startsWith('{parley:presence:');

/** Somebody who knows all of them. */
async function watchEverybody(run: Run, { names }: Crowd): Promise<PresenceWatch> {
  await run.users('watcher');
  await run.group('watcher', ...names);
  const watcher = run.plain('watcher');
  await run.ready(watcher);
  const presence = watchPresence([watcher], names.map(run.userId));
  await presence.all('online', { withinMs: sureWithinMs });
  return presence;
}

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
