import { until } from '@parley/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRun, nodeOf, sharedCluster, talk, tryAgain } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
afterEach(() => cluster.restart('s2'));

const pairsMax = 8;
/** The drain of the shared cluster's nodes, and the five seconds after which a process is given up. */
const exitsWithinMs = 10_000;
/** Longer than a lone send takes on a busy machine, and shorter than any retry after a lost answer. */
const unnoticedMs = 2_000;

describe('a socket node that is asked to end while sends are in flight', () => {
  it('keeps all that it acknowledged, fails nothing for SDK clients, and ends by itself', async () => {
    const run = createRun(cluster);
    const names = Array.from({ length: pairsMax * 2 }, (_, i) => `user${i}`);
    await run.users(...names);
    const pairs = await Promise.all(
      Array.from({ length: pairsMax }, (_, p) => run.direct(`user${p * 2}`, `user${p * 2 + 1}`)),
    );
    const connect = (ids: string[], part: number) =>
      cluster.withNewSessionsOn(ids, () =>
        Promise.all(
          pairs.flatMap(async (conversationId, p) => {
            if (p % 2 !== part) return [];
            const [sdk, plain] = [run.sdk(`user${p * 2}`), run.plain(`user${p * 2 + 1}`)];
            await Promise.all([sdk.caughtUp(), run.ready(plain)]);
            return [{ sdk, plain, conversationId }];
          }),
        ),
      );
    // Half of the clients are on the node that goes.
    const made = [...(await connect(['s2'], 0)), ...(await connect(['s1', 's3'], 1))].flat();
    const talkers = made.map(({ sdk, conversationId }) => ({ client: sdk, conversationId }));
    const plains = made.map(({ plain, conversationId }) => ({ client: plain, conversationId }));
    const load = talk(talkers, { perSecond: 80 });
    const byHand = tryAgain(
      plains.map(({ client, conversationId }) => async (body, clientId) => {
        return client.socket.connected && ((await client.send(conversationId, body, clientId))?.ok ?? false);
      }),
    );
    await until(() => load.acks.length > 80, { what: 'the load is under way' });

    const onIt = plains.filter(({ client }) => nodeOf(client) === 's2').length;
    const askedAt = performance.now();
    await cluster.kill('s2', 'SIGTERM');
    expect(performance.now() - askedAt, 'ms until it was gone').toBeLessThan(exitsWithinMs);
    const soFar = load.acks.length;
    await until(() => load.acks.length > soFar + 80, { what: 'the load goes on' });
    // Throws when one send of an SDK client was refused.
    await Promise.all([load.end(), byHand.end()]);

    expect((await run.verdict()).violations).toEqual([]);
    expect(onIt, 'clients that had to move').toBe(pairsMax / 2);
    expect(Math.max(...load.acks.map(({ ms }) => ms)), 'ms that the slowest send took').toBeLessThan(unnoticedMs);
    expect(talkers.map(({ client }) => client.state.name)).toEqual(talkers.map(() => 'online'));
  });
});
