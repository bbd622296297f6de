import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, gather, nodeOf, sharedCluster, talk, watchPresence } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const stalledMs = 5_000;
const convergeWithinMs = 10_000;

describe('a socket node whose event loop stalls for 5 s under load', () => {
  it('loses nothing, takes nobody offline, and its clients have everything within 10 s', async () => {
    const run = createRun(cluster);
    const crowd = await gather(run, { users: 60 });
    await run.users('watcher');
    await run.group('watcher', ...crowd.names);
    const watcher = await cluster.withNewSessionsOn(['s1'], async () => {
      const client = run.plain('watcher', { socket: { transports: ['websocket'] } });
      await run.ready(client);
      return client;
    });
    const watch = watchPresence([watcher], crowd.names.map(run.userId));
    await watch.all('online', { withinMs: 15_000 });
    const load = talk(crowd.talkers, { perSecond: 60 });
    await until(() => load.acks.length > 60, { what: 'the load is under way', withinMs: 15_000 });
    const pids = async () => (await cluster.nodes()).map(({ pid }) => pid);
    const pidsBefore = await pids();
    const stalled = crowd.plains.filter((client) => nodeOf(client) === 's2').length;

    await cluster.freeze('s2');
    const frozenAt = performance.now();
    await until(() => performance.now() > frozenAt + stalledMs, { what: 'the stall lasts', withinMs: 2 * stalledMs });
    await cluster.thaw('s2');
    const thawedAt = performance.now();
    const acked = load.acks.length;
    await until(() => load.acks.length > acked + 60, { what: 'the load goes on', withinMs: 15_000 });
    await load.end();

    const waitedMs = performance.now() - thawedAt;
    const { violations, convergedMs } = await run.verdict();
    expect(violations).toEqual([]);
    expect(waitedMs + convergedMs).toBeLessThan(convergeWithinMs);
    expect(stalled, 'stock clients on the node').toBeGreaterThan(0);
    expect(await pids()).toEqual(pidsBefore);
    await watch.all('online', { withinMs: 5_000 });
    await watch.end();
    expect(watch.seen.filter(({ status }) => status === 'offline')).toEqual([]);
  });
});
