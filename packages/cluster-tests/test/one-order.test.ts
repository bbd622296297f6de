import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type PlainClient, type Run, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const nodesOf = (clients: readonly PlainClient[]) => new Set(clients.map(({ ready }) => ready?.nodeId)).size;

/** A plain client of each user; and more of the first one's, until every socket node has one. */
async function onEveryNode(run: Run, [first = '', ...others]: readonly string[]): Promise<PlainClient[]> {
  const clients: PlainClient[] = [];
  const connect = async (name: string) => {
    const client = run.plain(name, { socket: { transports: ['websocket'] } });
    await run.ready(client);
    clients.push(client);
  };
  for (const name of [first, ...others]) await connect(name);
  // A node that came up a moment ago gets its share slowly.
  while (nodesOf(clients) < 3 && clients.length < 40) await connect(first);
  expect(nodesOf(clients), 'nodes that have a client').toBe(3);
  return clients;
}

describe('one order', () => {
  it('a message reaches the members on all three nodes in one order, also those who ignore seq', async () => {
    const run = createRun(cluster);
    const names = ['ada', 'bob', 'cy', 'dee', 'eli', 'fay'];
    await run.users(...names);
    const group = await run.group('ada', ...names.slice(1));
    const sdks = names.map((name) => run.sdk(name));
    const plains = await onEveryNode(run, names);
    await Promise.all(sdks.map((client) => client.caughtUp()));

    // Everybody sends at once, over their own node: the moment in which two nodes would tell two orders.
    const perClient = 30;
    await Promise.all(
      plains.map(async (client) => {
        for (let i = 0; i < perClient; i += 1) await client.send(group, `${client.name} ${i}`);
      }),
    );

    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
    const orders = plains.map(({ heard }) => heard.map(({ id }) => id).join());
    expect(new Set(orders).size).toBe(1);
    expect(plains[0]?.heard).toHaveLength(plains.length * perClient);
  });

  it('two clients that race on one conversation see the same dense order', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const direct = await run.direct('ada', 'bob');
    const [ada, bob] = [run.sdk('ada'), run.sdk('bob')];
    await Promise.all([ada.caughtUp(), bob.caughtUp()]);
    const sends = Array.from({ length: 100 }, (_, i) => [
      ada.send({ conversationId: direct, body: `ada ${i}` }),
      bob.send({ conversationId: direct, body: `bob ${i}` }),
    ]).flat();
    const acks = await Promise.all(sends);
    expect(acks.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect((await run.verdict()).violations).toEqual([]);
  });

  it('messages of one connection that does not wait for answers are numbered as they were sent', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const direct = await run.direct('ada', 'bob');
    const ada = run.plain('ada');
    await run.ready(ada);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ada.send(direct, `ada ${i}`)));
    expect(answers.map((answer) => (answer?.ok ? answer.seq : answer))).toEqual(answers.map((_, i) => i + 1));
    expect((await run.verdict()).violations).toEqual([]);
  });

  it('a client that retries each send three times, at once and through other nodes, makes one message of each', async () => {
    const run = createRun(cluster);
    const names = ['ada', 'bob', 'cy'];
    await run.users(...names);
    const group = await run.group('ada', 'bob', 'cy');
    // Three connections of one user, each on another node, and a neighbour who sends meanwhile.
    const devices = await onEveryNode(run, ['ada', 'ada', 'ada']);
    const bob = run.plain('bob');
    await run.ready(bob);
    for (let i = 0; i < 30; i += 1) {
      const clientId = crypto.randomUUID();
      const [neighbour, ...tries] = await Promise.all([
        bob.send(group, `bob ${i}`),
        ...devices.map((device) => device.send(group, `ada ${i}`, clientId)),
      ]);
      expect(neighbour?.ok).toBe(true);
      expect(new Set(tries.map((answer) => (answer?.ok ? answer.seq : 'refused'))).size).toBe(1);
      expect(tries.filter((answer) => answer?.ok && !answer.duplicate)).toHaveLength(1);
    }
    expect((await run.verdict()).violations).toEqual([]);
  });

  it('messages that are sent within the first moments after a join arrive', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const group = await run.group('ada');
    const [ada, bob] = [run.plain('ada'), run.plain('bob')];
    await Promise.all([run.ready(ada), run.ready(bob)]);
    await run.http('ada', 'member.add', { conversationId: group, userIds: [run.userId('bob')] });
    await Promise.all(Array.from({ length: 20 }, (_, i) => ada.send(group, `welcome ${i}`)));
    await until(() => bob.heard.length === 20, { what: 'the newcomer hears all' });
    expect((await run.verdict()).violations).toEqual([]);
  });
});
