import type { Presence } from '@parley/protocol';
import { until } from '@parley/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRun, gather, nodeOf, type PlainClient, sharedCluster, talk } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
afterEach(() => cluster.restart('s2'));

/** Bounds of PROTOCOL.md §8, counted from the loss of a node. */
const staleWithinMs = 10_000;
const offlineWithinMs = 25_000;

describe('a socket node that is killed', () => {
  it('under the load of 100 clients: nothing acknowledged is lost or doubled, and all converge within 10 s', async () => {
    const run = createRun(cluster);
    const { talkers, plains } = await gather(run, { users: 100 });
    const load = talk(talkers, { perSecond: 60 });
    await until(() => load.acks.length > 60, { what: 'the load is under way' });
    const others = (await cluster.nodes()).filter(({ id }) => id !== 's2');
    const onIt = plains.filter((client) => nodeOf(client) === 's2').length;
    await cluster.kill('s2', 'SIGKILL');
    const killedAt = load.acks.length;
    await until(() => load.acks.length > killedAt + 200, { what: 'the load goes on', withinMs: 20_000 });
    await load.end();

    const { violations, convergedMs } = await run.verdict();
    expect(violations).toEqual([]);
    expect(convergedMs).toBeLessThan(10_000);
    expect(onIt, 'clients that lost their node').toBeGreaterThan(0);
    const now = await cluster.nodes();
    expect(others.map(({ id }) => now.find((node) => node.id === id)?.pid)).toEqual(others.map(({ pid }) => pid));
  });

  it('takes nobody offline who comes back, and tells of those who do not within the bounds', async () => {
    const run = createRun(cluster);
    const names = ['watcher', 'stays', 'returns', 'leaves'];
    await run.users(...names);
    await run.group('watcher', ...names.slice(1));
    const connect = async (name: string): Promise<PlainClient> => {
      const client = run.plain(name, { socket: { transports: ['websocket'] } });
      await run.ready(client);
      return client;
    };
    const [watcher, stays] = await cluster.withNewSessionsOn(['s1', 's3'], () =>
      Promise.all([connect('watcher'), connect('stays')]),
    );
    const [returns, leaves] = await cluster.withNewSessionsOn(['s2'], () =>
      Promise.all([connect('returns'), connect('leaves')]),
    );
    const watched = names.slice(1).map(run.userId);
    const heard: Presence[] = [];
    watcher.on('presence.changed', ({ presences }) => heard.push(...presences));
    await until(async () => (await statuses()).every((status) => status === 'online'), { what: 'all are online' });

    leaves.socket.io.reconnection(false);
    const killedAt = performance.now();
    await cluster.kill('s2', 'SIGKILL');
    await until(() => heard.some(({ userId, stale }) => userId === leaves.userId && stale), {
      what: 'a stale user',
      withinMs: staleWithinMs,
    });
    await until(() => heard.some(({ userId, status }) => userId === leaves.userId && status === 'offline'), {
      what: 'the user is offline',
      withinMs: offlineWithinMs - (performance.now() - killedAt),
    });
    expect(heard.filter(({ userId, status }) => userId !== leaves.userId && status === 'offline')).toEqual([]);
    expect(await statuses()).toEqual(['online', 'online', 'offline']);
    expect([stays, returns].map(({ socket }) => socket.connected)).toEqual([true, true]);

    async function statuses(): Promise<string[]> {
      const answer = await watcher.call('presence.watch', { userIds: watched });
      if (!answer.ok) throw new Error(answer.error.code);
      return watched.map((id) => answer.presences.find(({ userId }) => userId === id)?.status ?? 'missing');
    }
  });
});
