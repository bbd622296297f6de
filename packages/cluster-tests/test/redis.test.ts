import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ackedBetween,
  type Crowd,
  createRun,
  gather,
  type Load,
  nodeIdOf,
  nodeOf,
  type PlainClient,
  type PresenceWatch,
  type Run,
  sharedCluster,
  slowdown,
  talk,
  type Talker,
  watchPresence,
} from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const users = 60;
const outageMs = 5_000;
/** Who has everything and how soon, counted from the end of the outage. */
const convergeWithinMs = 10_000;
/** A Redis that came back empty says `unknown` for a lease and four seconds more. */
const sureWithinMs = 20_000;
const sameNodeWithinMs = 1_000;
/** Fewer deliveries would say nothing of all. */
const enough = 30;

const outages = {
  'frozen for 5 s': { begin: () => cluster.freeze('redis'), end: () => cluster.thaw('redis') },
  'killed, and started again empty': { begin: () => cluster.kill('redis'), end: () => cluster.restart('redis') },
};

describe('Redis under load', () => {
  for (const [what, outage] of Object.entries(outages)) {
    it(`that is ${what} slows no send, ends no node, calls nobody offline, and all converge within 10 s`, async () => {
      const run = createRun(cluster);
      const crowd = await gather(run, { users });
      const watch = await watchFromEveryNode(run, crowd);
      const pids = async () => (await cluster.nodes()).map(({ pid }) => pid);
      const pidsBefore = await pids();
      // Two groups fall silent, receipts too, before Redis is back: nothing that follows shows what was lost.
      const isQuiet = ({ conversationId }: Talker) => crowd.groups.indexOf(conversationId) < 2;
      const load = talk(
        crowd.talkers.filter((talker) => !isQuiet(talker)),
        { perSecond: 60 },
      );
      const quiet = talk(crowd.talkers.filter(isQuiet), { perSecond: 20 });
      await until(() => load.acks.length > 150, { what: 'the load is under way', withinMs: 15_000 });

      await outage.begin();
      const begunAt = performance.now();
      const late = await arrive(run, crowd);
      const arrivedAt = performance.now();
      await quiet.end();
      const hasHeard = () =>
        sameNodeLateness(late, crowd, ackedBetween(load, arrivedAt, performance.now())).length > enough;
      await until(() => performance.now() > begunAt + outageMs && hasHeard(), {
        what: 'the outage lasts, and those who came during it have been told something',
        withinMs: 4 * outageMs,
      });
      const during = ackedBetween(load, begunAt, performance.now());
      await outage.end();
      const endedAt = performance.now();
      const acked = load.acks.length;
      await until(() => load.acks.length > acked + 60, { what: 'the load goes on', withinMs: 15_000 });
      await load.end();

      const waitedMs = performance.now() - endedAt;
      const { violations, convergedMs } = await run.verdict();
      expect(violations).toEqual([]);
      expect(waitedMs + convergedMs).toBeLessThan(convergeWithinMs);
      expect(await pids()).toEqual(pidsBefore);

      expect(during.length, 'acknowledgements during the outage').toBeGreaterThan(100);
      expect(slowdown(ackedBetween(load, 0, begunAt), during)).toEqual([]);
      expectSameNodeDelivery(crowd.plains, crowd, during);
      const since = during.filter(({ at }) => at > arrivedAt);
      expectSameNodeDelivery(late, crowd, since);

      await watch.all('online', { withinMs: sureWithinMs });
      await watch.end();
      expect(watch.seen.filter(({ status }) => status === 'offline')).toEqual([]);
      expect(watch.unanswered).toBe(0);
    });
  }
});

/** Watchers of everybody on each node, which may have another opinion. */
async function watchFromEveryNode(run: Run, { names }: Crowd): Promise<PresenceWatch> {
  const slots = ['s1', 's2', 's3'];
  const watchers: PlainClient[] = [];
  await run.users(...slots);
  await run.group('s1', 's2', 's3', ...names);
  for (const slot of slots) {
    await cluster.withNewSessionsOn([slot], async () => {
      const watcher = run.plain(slot, { socket: { transports: ['websocket'] } });
      await run.ready(watcher);
      watchers.push(watcher);
    });
  }
  expect(watchers.map(nodeOf)).toEqual(slots);
  const watch = watchPresence(watchers, names.map(run.userId));
  await watch.all('online', { withinMs: sureWithinMs });
  return watch;
}

/** More devices of some users, which come while Redis is away. */
async function arrive(run: Run, { names }: Crowd): Promise<PlainClient[]> {
  const clients = names.filter((_, i) => i % 10 === 0).map((name) => run.plain(name));
  await Promise.all(clients.map((client) => run.ready(client)));
  return clients;
}

/** Whoever was on the node of the sender heard each message at once. */
function expectSameNodeDelivery(...heard: Parameters<typeof sameNodeLateness>): void {
  const lateness = sameNodeLateness(...heard);
  expect(lateness.length, 'deliveries on the node of the sender').toBeGreaterThan(enough);
  expect(Math.max(...lateness)).toBeLessThan(sameNodeWithinMs);
}

function sameNodeLateness(plains: readonly PlainClient[], crowd: Crowd, acks: Load['acks']): number[] {
  const nodes = new Map(crowd.talkers.map(({ client }) => [client.userId, nodeIdOf(client)]));
  const groupOf = (client: PlainClient) => crowd.groups[Math.floor(crowd.names.findIndex(isNameOf(client)) / 10)];
  return acks.flatMap(({ userId, conversationId, id, at }) =>
    plains
      .filter((client) => nodeIdOf(client) === nodes.get(userId) && groupOf(client) === conversationId)
      .map((client) => (client.heardAt.get(id) ?? Infinity) - at),
  );
}

const isNameOf =
  ({ userId }: PlainClient) =>
  (name: string) =>
    userId.startsWith(`${name}-`);
