import { raceUntilRefused } from '@parley/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRun, type PlainClient, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
const roundsMax = 25;

describe('where bookings decide who may talk', () => {
  it('a cancelled booking stops the next message at once, on every node, and nothing is stored', async () => {
    const run = createRun(cluster, 'tutor-go');
    await run.users('ada', 'bob');
    const connect = async (name: string, id: string): Promise<PlainClient> => {
      const client = run.plain(name, { socket: { transports: ['websocket'] } });
      await cluster.withNewSessionsOn([id], () => run.ready(client));
      return client;
    };
    const [ada, bob] = [await connect('ada', 's1'), await connect('bob', 's2')];
    const book = async (status: 'confirmed' | 'cancelled') => {
      const put = await run.host('link.put', { userA: ada.userId, userB: bob.userId, kind: 'booking', status });
      expect(put).toMatchObject({ ok: true });
    };
    const refused = { ok: false, error: expect.objectContaining({ code: 'not_permitted' }) };

    expect(await ada.call('conversation.open', { peerId: bob.userId })).toMatchObject(refused);
    expect(await bob.call('message.send', { peerId: ada.userId, body: 'hello?' })).toMatchObject(refused);
    await book('confirmed');
    const talk = run.follow(await run.direct('ada', 'bob'));
    const headSeen = async () => {
      const got = await run.http('ada', 'conversation.get', { conversationId: talk });
      if (!got.ok) throw new Error(got.error?.code);
      return got.body.conversation.lastSeq;
    };

    const racing = [ada, bob, ada, bob].map((who) => async () => {
      const answer = await who.send(talk, 'more');
      return answer?.ok ? answer.seq : (answer?.error.code ?? 'unanswered');
    });
    for (let round = 0; round < roundsMax; round += 1) {
      await book('confirmed');
      const { stopped, seqs, codes } = await raceUntilRefused({
        senders: racing,
        // Another place in the race each time.
        after: round % 8,
        stop: () => book('cancelled').then(headSeen),
      });
      for (const seq of seqs) expect(seq, 'the number of a stored send').toBeLessThanOrEqual(stopped);
      expect(codes).toEqual(racing.map(() => 'not_permitted'));
      expect(await headSeen(), 'nothing came after the cancellation').toBe(stopped);
    }

    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
  });
});
