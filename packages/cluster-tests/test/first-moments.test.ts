import { randomUUID } from 'node:crypto';
import { until } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type PlainClient, type Run, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());

const rounds = 15;
const perRound = 10;

/** The sender on one node; two others of whom each has, on another node, a client that ignores `seq` and one that looks. */
async function gather(run: Run): Promise<{ ada: PlainClient; others: PlainClient[] }> {
  await run.users('ada', 'bob', 'cy');
  const connect = async (slot: string, name: string): Promise<PlainClient> =>
    cluster.withNewSessionsOn([slot], async () => {
      const client = run.plain(name, { socket: { transports: ['websocket'] } });
      await Promise.all([run.ready(client), run.sdk(name).caughtUp()]);
      return client;
    });
  const ada = await connect('s1', 'ada');
  return { ada, others: [await connect('s2', 'bob'), await connect('s3', 'cy')] };
}

describe('what is said in the first moments', () => {
  it('of a group, by whoever made it, reaches members on other nodes', async () => {
    const run = createRun(cluster);
    const { ada, others } = await gather(run);
    for (let round = 0; round < rounds; round += 1) {
      const made = await ada.call('conversation.create', {
        title: `Group ${round}`,
        memberIds: others.map(({ userId }) => userId),
      });
      if (!made.ok) throw new Error(made.error.code);
      const group = run.follow(made.conversation.id);
      await Promise.all(Array.from({ length: perRound }, (_, i) => ada.send(group, `${round}.${i}`)));
    }
    await Promise.all(others.map((client) => hasHeard(client, rounds * perRound)));
    expect((await run.verdict()).violations).toEqual([]);
  });

  it('of a group that is made while Redis is away reaches members on other nodes', async () => {
    const run = createRun(cluster);
    const { ada, others } = await gather(run);
    await cluster.kill('redis');
    for (let round = 0; round < 3; round += 1) {
      const group = await run.group('ada', 'bob', 'cy');
      await Promise.all(Array.from({ length: perRound }, (_, i) => ada.send(group, `${round}.${i}`)));
    }
    await cluster.restart('redis');
    await Promise.all(others.map((client) => hasHeard(client, 3 * perRound)));
    expect((await run.verdict()).violations).toEqual([]);
  });

  it('of a direct conversation, which the first message makes, reaches the peer', async () => {
    const run = createRun(cluster);
    const { ada, others } = await gather(run);
    for (const peer of others) {
      const answers = await Promise.all(
        Array.from({ length: perRound }, (_, i) =>
          ada.call('message.send', { peerId: peer.userId, clientId: randomUUID(), body: `to ${peer.name} ${i}` }),
        ),
      );
      for (const answer of answers) run.follow(answer.ok ? answer.conversationId : answer.error.code);
      await hasHeard(peer, perRound);
    }
    expect((await run.verdict()).violations).toEqual([]);
  });

  it('of a membership, while others talk already, reaches the newcomer', async () => {
    const run = createRun(cluster);
    const { ada, others } = await gather(run);
    for (let round = 0; round < rounds; round += 1) {
      const group = await run.group('ada');
      const adding = others.map(({ userId }) => ada.call('member.add', { conversationId: group, userIds: [userId] }));
      const added = await Promise.all([
        ...adding,
        ...Array.from({ length: perRound }, (_, i) => ada.send(group, `${round}.${i}`)),
      ]);
      expect(added.every((answer) => answer?.ok)).toBe(true);
      await ada.send(group, `${round}, after all`);
    }
    expect((await run.verdict()).violations).toEqual([]);
  });

  it('of a session, while others talk already, reaches whoever connects', async () => {
    const run = createRun(cluster);
    const { ada, others } = await gather(run);
    const group = await run.group('ada', 'bob', 'cy');
    const direct = await run.direct('ada', 'bob');
    const connecting = { now: true };
    let said = 0;
    const talking = (async () => {
      for (; connecting.now; said += 1) {
        await Promise.all([
          ada.send(group, `all ${said}`),
          ada.send(direct, `bob ${said}`),
          others[0]?.send(direct, `ada ${said}`),
        ]);
      }
    })();
    for (let round = 0; round < rounds; round += 1) {
      const clients = ['bob', 'cy', 'bob', 'cy'].map((name) =>
        run.plain(name, { socket: { transports: ['websocket'] } }),
      );
      await Promise.all([...clients.map((client) => run.ready(client)), run.sdk('cy').caughtUp()]);
    }
    connecting.now = false;
    await talking;
    expect(said).toBeGreaterThan(rounds);
    expect((await run.verdict()).violations).toEqual([]);
    expect(others[0]?.heard).toHaveLength(3 * said);
  });
});

async function hasHeard(client: PlainClient, count: number): Promise<void> {
  await until(() => client.heard.length >= count, { what: `${client.name} hears ${count} messages`, withinMs: 10_000 });
}
