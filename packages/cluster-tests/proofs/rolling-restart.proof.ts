import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import {
  createRun,
  gather,
  nodeOf,
  percentile,
  perSecondMax,
  sharedCluster,
  talk,
  tryAgain,
  watchArrivals,
  watchPresence,
} from '../src/index.ts';

const users = Number(process.env['PARLEY_CLIENTS'] ?? 500);
/** How many may have to reconnect in a second. */
const perSecond = Number(process.env['PARLEY_BUDGET'] ?? 50);
/** Some of the plain clients also send: each tries again by hand, as a product's own client would. */
const byHandMax = 10;
/** In each of so many groups one member watches all. */
const watchedGroupsMax = 10;
const perGroup = 10;

describe('a rolling restart of every node', () => {
  it(`${users} clients, half of them of the SDK and sending: nobody loses a message, a send or their presence`, async () => {
    const cluster = sharedCluster();
    await cluster.whole();
    const run = createRun(cluster);
    const crowd = await gather(run, { users, perGroup });
    const watches = crowd.groups.slice(0, watchedGroupsMax).map((_, g) => {
      const watcher = crowd.plains[(g * perGroup) / 2];
      return watchPresence(
        watcher ? [watcher] : [],
        crowd.names.slice(g * perGroup, (g + 1) * perGroup).map(run.userId),
      );
    });
    await Promise.all(watches.map((watch) => watch.all('online', { withinMs: 20_000 })));
    const tries = new Map<string, number>();
    for (const { client } of crowd.talkers) {
      client.on('outbox', ({ status, entry }) => {
        if (status === 'sending') tries.set(entry.clientId, (tries.get(entry.clientId) ?? 0) + 1);
      });
    }
    const load = talk(crowd.talkers, { perSecond: 40 });
    const byHand = tryAgain(
      crowd.plains.slice(-byHandMax).map((client, i) => {
        const conversationId = crowd.groups.at(-1 - Math.floor((2 * (byHandMax - 1 - i)) / perGroup)) ?? '';
        return async (body, clientId) =>
          client.socket.connected && ((await client.send(conversationId, body, clientId))?.ok ?? false);
      }),
    );
    await until(() => load.acks.length > 100, { what: 'the load is under way' });
    const everybody = [...crowd.talkers.map(({ client }) => client), ...crowd.plains];
    const before = new Set((await cluster.nodes()).map(({ pid }) => pid));
    const seenFrom = watches.map(({ seen }) => seen.length);
    const arrivals = watchArrivals(everybody);

    const startedAt = performance.now();
    const said = await cluster.obey({ name: 'roll', perSecond });
    const tookMs = performance.now() - startedAt;
    const soFar = load.acks.length;
    await until(() => load.acks.length > soFar + 40, { what: 'the load goes on' });
    await until(() => everybody.every((client) => ('socket' in client ? client.socket.connected : true)), {
      what: 'everybody is back',
    });
    // Throws when one send of an SDK client was refused.
    await Promise.all([load.end(), byHand.end(), ...watches.map((watch) => watch.end())]);

    const seen = watches.flatMap((watch, i) => watch.seen.slice(seenFrom[i]));
    const offline = seen.filter(({ status }) => status === 'offline');
    const { violations, convergedMs } = await run.verdict({ withinMs: 30_000 });
    const times = load.acks.map(({ ms }) => ms);
    const repeated = [...tries.values()].filter((count) => count > 1).length;
    const onNodes = Object.groupBy(everybody, (client) => nodeOf(client) ?? 'nowhere');
    console.log(
      [
        ...said,
        `took ${(tookMs / 1000).toFixed(1)} s; ${arrivals.length} sessions began elsewhere, at most ${perSecondMax(arrivals)} in any second (the bound: ${perSecond})`,
        `sends of ${crowd.talkers.length} SDK clients: ${load.acks.length} acknowledged, none refused, ${repeated} tried more than once; p50 ${Math.round(percentile(times, 0.5))} ms, p99 ${Math.round(percentile(times, 0.99))} ms, worst ${Math.round(Math.max(...times))} ms`,
        `sends of ${byHandMax} plain clients: ${byHand.stored.length} acknowledged, ${byHand.again} tries again by hand`,
        `presence of ${watches.length * perGroup} users: ${seen.length} answers and pushes to ${watches.length} watchers, ${offline.length} said offline`,
        `clients on each node afterwards: ${Object.entries(onNodes)
          .map(([id, all]) => `${id} ${all?.length}`)
          .join(', ')}`,
        `all clients converged ${Math.round(convergedMs)} ms after the last acknowledgement; ${violations.length} violations of I1–I7 and I11`,
      ].join('\n'),
    );
    expect((await cluster.nodes()).filter(({ pid }) => before.has(pid))).toEqual([]);
    expect(violations).toEqual([]);
    expect(offline).toEqual([]);
    expect(perSecondMax(arrivals), 'sessions that began in one second').toBeLessThanOrEqual(perSecond);
    expect(arrivals.length, 'sessions: each client moves once, or a little more often').toBeLessThan(users * 1.5);
  });
});
