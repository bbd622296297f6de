import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRun, gather, nodeOf, sharedCluster, talk, type PlainClient, watchPresence } from '../src/index.ts';

const cluster = sharedCluster();
const skews = { s1: 5_000, s3: -5_000 };
/** Bound of PROTOCOL.md §8 after a clean close, and a moment for the watchers to hear of it. */
const offlineWithinMs = 7_000;
/** How far the database's clock, which is ours too, may be ahead of what a message says. */
const onTimeMs = 2_000;

describe('nodes whose clocks are wrong by 5 s, one ahead and one behind', () => {
  beforeAll(async () => {
    await cluster.whole();
    const preload = new URL('../src/chaos/skewed-clock.ts', import.meta.url).href;
    const skew = async ([id, skewMs]: [string, number]) =>
      cluster.restart(id, { NODE_OPTIONS: `--import ${preload}`, CLOCK_SKEW_MS: String(skewMs) });
    await Promise.all(Object.entries(skews).map(skew));
    await cluster.whole();
    // They came up together, and believe to have done so 10 s apart.
    const [ahead = 0, behind = 0] = await Promise.all(
      Object.keys(skews).map((id) => cluster.metric(id, 'process_start_time_seconds')),
    );
    if (ahead - behind < 8) throw new Error(`their clocks differ by ${ahead - behind} s only`);
  });
  afterAll(async () => void (await Promise.all(Object.keys(skews).map((id) => cluster.restart(id)))));

  it('keep one order and one time of every message', async () => {
    const run = createRun(cluster);
    const crowd = await gather(run, { users: 30 });
    const startedAt = Date.now();
    const load = talk(crowd.talkers, { perSecond: 60 });
    await until(() => load.acks.length > 150, { what: 'all have talked', withinMs: 15_000 });
    await load.end();
    expect((await run.verdict()).violations).toEqual([]);
    expect(new Set(crowd.plains.map(nodeOf))).toEqual(new Set(['s1', 's2', 's3']));
    for (const { heard } of crowd.plains) {
      const times = heard.map(({ createdAt }) => Date.parse(createdAt));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(Math.min(...times)).toBeGreaterThan(startedAt - onTimeMs);
      expect(Math.max(...times)).toBeLessThan(Date.now() + onTimeMs);
    }
  });

  it('agree who is online, and who left when', async () => {
    const run = createRun(cluster);
    const slots = ['s1', 's2', 's3'];
    const names = slots.flatMap((slot) => [`stays-${slot}`, `leaves-${slot}`]);
    await run.users(...names);
    await run.group(...(names as [string]));
    const clients = new Map<string, PlainClient>();
    for (const slot of slots) {
      await cluster.withNewSessionsOn([slot], async () => {
        for (const name of [`stays-${slot}`, `leaves-${slot}`]) {
          const client = run.plain(name);
          clients.set(name, client);
          await run.ready(client);
        }
      });
    }
    const [stay, leave] = ['stays', 'leaves'].map((what) =>
      slots.flatMap((slot) => clients.get(`${what}-${slot}`) ?? []),
    );
    if (!stay || !leave) throw new Error('nobody is there');
    const ids = (some: readonly PlainClient[]) => some.map(({ userId }) => userId);
    const [staying, leaving] = [ids(stay), ids(leave)];
    const watch = watchPresence(stay, [...staying, ...leaving]);
    await watch.all('online', { withinMs: 15_000 });
    const sightsBefore = watch.seen.length;
    const leftAt = Date.now();
    for (const client of leave) client.close();
    await watch.all('offline', { of: leaving, withinMs: offlineWithinMs });
    await watch.all('online', { of: staying, withinMs: 1_000 });
    await watch.end();

    const falsely = watch.seen.filter(
      ({ userId, status }, i) => status === 'offline' && (i < sightsBefore || staying.includes(userId)),
    );
    expect(falsely).toEqual([]);
    const lastSeen = watch.seen.flatMap((sight) => (sight.lastSeen === undefined ? [] : Date.parse(sight.lastSeen)));
    expect(lastSeen.length).toBeGreaterThan(0);
    for (const at of lastSeen) expect(Math.abs(at - leftAt)).toBeLessThan(onTimeMs);
  });
});
