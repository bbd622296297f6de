import { signalFamily } from '@parley/cluster';
import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createRun,
  type Load,
  sharedCluster,
  talk,
  tryAgain,
  type PlainClient,
  type Run,
  type Try,
} from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const pausedMs = 3_000;
/** What was on its way to a client when the database stopped. */
const onTheWayMs = 500;
/** Everybody's own retries: the store's, the clients' with up to a second between two tries. */
const goesOnWithinMs = 10_000;
const groupsMax = 4;

describe('PostgreSQL', () => {
  it('that is paused for 3 s under load costs nothing that was acknowledged, and all go on by themselves', async () => {
    const run = createRun(cluster);
    const before = await pids();
    const { load, retrying } = await underLoad(run);
    const postmaster = (await cluster.pid('postgres')) ?? 0;
    signalFamily(postmaster, 'SIGSTOP');
    const pausedAt = performance.now();
    await until(() => performance.now() > pausedAt + pausedMs, { what: 'the pause is over' }).finally(() =>
      signalFamily(postmaster, 'SIGCONT'),
    );
    const thawedAt = performance.now();
    const falsely = load.acks.filter(({ at }) => at > pausedAt + onTheWayMs && at < thawedAt);
    expect(falsely, 'acknowledgements while nothing could be committed').toEqual([]);
    await goesOn(load);
    await Promise.all([load.end(), retrying.end()]);

    const { violations, convergedMs } = await run.verdict();
    expect(violations).toEqual([]);
    expect(convergedMs).toBeLessThan(goesOnWithinMs);
    expect(await pids(), 'no node has exited').toEqual(before);
  });

  it('that is killed under load and started again has all that was acknowledged, and who tries again is right', async () => {
    const run = createRun(cluster);
    const before = await pids();
    const { load, retrying } = await underLoad(run);
    const postmaster = (await cluster.pid('postgres')) ?? 0;
    signalFamily(postmaster, 'SIGKILL');
    await cluster.restart('postgres');
    await goesOn(load);
    await Promise.all([load.end(), retrying.end()]);

    const { violations, history } = await run.verdict();
    expect(violations).toEqual([]);
    // Whoever tried until it was acknowledged, over sockets and HTTP, has one message of each.
    const bodies = history.database.messages.map(({ body }) => body).filter((body) => retrying.stored.includes(body));
    expect(bodies.toSorted()).toEqual(retrying.stored.toSorted());
    expect(await pids(), 'no node has exited').toEqual(before);
    expect(retrying.again, 'tries that the fault has cost').toBeGreaterThan(0);
  });
});

const pids = async () => (await cluster.nodes()).map(({ pid }) => pid);

/** Clients that repair themselves and talk, stock clients that listen, and some of both kinds that try again by hand. */
async function underLoad(run: Run) {
  const names = Array.from({ length: groupsMax * 5 }, (_, i) => `user${i}`);
  await run.users(...names);
  const groups = await Promise.all(
    Array.from({ length: groupsMax }, async (_, g) => {
      const members = names.slice(g * 5, g * 5 + 5);
      return { id: await run.group(members[0] ?? '', ...members.slice(1)), members };
    }),
  );
  const talkers = groups.flatMap(({ id, members }) =>
    members.slice(0, 2).map((name) => ({ client: run.sdk(name), conversationId: id })),
  );
  const plains = groups.flatMap(({ id, members }) =>
    members.slice(2, 4).map((name) => ({ client: run.plain(name), conversationId: id })),
  );
  await Promise.all([
    ...talkers.map(({ client }) => client.caughtUp()),
    ...plains.map(({ client }) => run.ready(client)),
  ]);

  const load = talk(talkers, { perSecond: 50 });
  const retrying = tryAgain([
    ...plains.map(({ client, conversationId }) => overSocket(client, conversationId)),
    ...groups.map(({ id, members }) => overHttp(run, members[4] ?? '', id)),
  ]);
  await until(() => load.acks.length > 50, { what: 'the load is under way' });
  return { load, retrying };
}

/** Sends are acknowledged, twenty of them after this moment. */
async function goesOn(load: Load): Promise<void> {
  const soFar = load.acks.length;
  await until(() => load.acks.length > soFar + 20, { what: 'sends are acknowledged again', withinMs: goesOnWithinMs });
}

const overSocket =
  (client: PlainClient, conversationId: string): Try =>
  async (body, clientId) =>
    client.socket.connected && ((await client.send(conversationId, body, clientId))?.ok ?? false);

const overHttp =
  (run: Run, name: string, conversationId: string): Try =>
  async (body, clientId) => {
    const answer = await run.post(name, conversationId, body, clientId).catch(() => undefined);
    return answer?.ok ?? false;
  };
