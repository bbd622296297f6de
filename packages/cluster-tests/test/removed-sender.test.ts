import { raceUntilRefused } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type PlainClient, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
const nodes = ['s1', 's2', 's3'] as const;
const roundsMax = 30;

describe('a sender who is removed', () => {
  it('is either before the removal with a send or refused, and hears all until it and nothing after it on any node', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob', 'cy');
    const connect = async (name: string, id: string): Promise<PlainClient> => {
      const client = run.plain(name, { socket: { transports: ['websocket'] } });
      await cluster.withNewSessionsOn([id], () => run.ready(client));
      return client;
    };
    const bobs: PlainClient[] = [];
    // Whoever stays listens on every node: when they have all, each node has told all that it had to tell.
    for (const id of nodes) {
      bobs.push(await connect('bob', id));
      await connect('cy', id);
    }
    const ada = await connect('ada', 's2');
    await run.sdk('bob').caughtUp();

    for (let round = 0; round < roundsMax; round += 1) {
      // A conversation for each round, so that each has one interval.
      const group = await run.group('ada', 'bob', 'cy');
      const racing = bobs.map((bob) => async () => {
        const answer = await bob.send(group, `bob ${round}`);
        return answer?.ok ? answer.seq : (answer?.error.code ?? 'unanswered');
      });
      const remove = async () => {
        const removed = await ada.call('member.remove', { conversationId: group, userId: run.userId('bob') });
        if (!removed.ok) throw new Error(removed.error.code);
        return removed.untilSeq;
      };
      // Another place in the race each time.
      const race = raceUntilRefused({ senders: racing, after: round % 7, stop: remove });
      const others = [0, 1].map((i) => ada.send(group, `ada ${round}.${i}`));
      const [{ stopped, seqs, codes }] = await Promise.all([race, ...others]);
      for (const seq of seqs) expect(seq, 'the number of a stored send').toBeLessThanOrEqual(stopped);
      expect(codes).toEqual(racing.map(() => 'not_member'));
      await ada.send(group, `ada ${round}, when bob is gone`);
    }

    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
  });
});

describe('a member who was away when they were removed', () => {
  it('has all that was said until then when they come back, and nothing that was said after it', async () => {
    const run = createRun(cluster);
    await run.users('ada', 'bob');
    const group = await run.group('ada', 'bob');
    const way = await run.proxy();
    const [ada, bob] = [run.plain('ada'), run.sdk('bob', { url: way.url })];
    await Promise.all([run.ready(ada), bob.caughtUp()]);
    way.freeze();
    way.cut();
    for (const body of ['one', 'two', 'three']) await ada.send(group, body);
    const removed = await ada.call('member.remove', { conversationId: group, userId: run.userId('bob') });
    await ada.send(group, 'when bob is gone');
    way.thaw();
    way.cut();
    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
    expect(removed).toMatchObject({ ok: true, untilSeq: 3 });
    expect(bob.conversation(group)).toMatchObject({ gone: true, lastSeq: 3 });
  });
});
