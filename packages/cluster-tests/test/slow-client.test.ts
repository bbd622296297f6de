import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { ackedBetween, createRun, type PlainClient, sharedCluster, slowdown, talk } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

/** Nearly as long as a frame may be, as JSON writes each as six bytes: the systems on the way buffer some 11 MB first. */
const drop = '\u0001'.repeat(7_900);
const everyMs = 12;
const whileReading = 100;
/** Fewer than what a client that comes back gets message by message. */
const notReadingMax = 450;
describe('a client that stops reading while its group is flooded', () => {
  it('is cut, comes back and has everything, and others on its node notice nothing', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob', 'flood', 'slow');
    const [direct, group] = await Promise.all([run.direct('ada', 'bob'), run.group('flood', 'slow')]);
    const [way, otherWay] = [await run.proxy(), await run.proxy()];
    const [ada, bob, sdk, flood, plain] = await cluster.withNewSessionsOn(['s2'], async () => {
      const sdks = [run.sdk('ada'), run.sdk('bob'), run.sdk('slow', { url: way.url })] as const;
      const socket = { transports: ['websocket'] };
      const plains = [run.plain('flood'), run.plain('slow', { url: otherWay.url, socket })] as const;
      await Promise.all([...sdks.map((client) => client.caughtUp()), ...plains.map((client) => run.ready(client))]);
      return [...sdks, ...plains] as const;
    });
    const neighbours = [ada, bob].map((client) => ({ client, conversationId: direct }));
    const load = talk(neighbours, { perSecond: 50 });
    const cuts = () => cluster.metric('s2', 'parley_fanout_slow_clients_total');
    const cutsBefore = await cuts();

    const begunAt = performance.now();
    await pour(flood, group, whileReading, async () => false);
    for (const each of [way, otherWay]) each.freeze();
    const frozenAt = performance.now();
    await pour(flood, group, notReadingMax, async () => (await cuts()) >= cutsBefore + 2);
    const cutAt = performance.now();
    expect(await cuts()).toBe(cutsBefore + 2);
    for (const each of [way, otherWay]) each.thaw();
    await load.end();

    const { violations, history } = await run.verdict();
    expect(violations).toEqual([]);
    // Each came back once, without starting over; and nobody else had to.
    const sessionsOf = (name: string) => history.sessions.filter(({ client }) => client === name);
    expect([sessionsOf(plain.name).length, sessionsOf(flood.name).length]).toEqual([2, 1]);
    expect(
      history.applied.filter(({ userId, conversationId }) => userId === sdk.userId && conversationId === group),
    ).toHaveLength(1);

    expect(slowdown(ackedBetween(load, begunAt, frozenAt), ackedBetween(load, frozenAt, cutAt))).toEqual([]);
  });
});

/** Evenly, one message after the other, until it is enough. */
async function pour(client: PlainClient, group: string, max: number, isEnough: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < max && !(i % 10 === 0 && (await isEnough())); i += 1) {
    const dueAt = performance.now() + everyMs;
    await client.send(group, `${client.heard.length} ${i} ${drop}`);
    await until(() => performance.now() >= dueAt, { what: 'the next one is due' });
  }
}
