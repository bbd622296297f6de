import type { Answer } from '@parley/protocol';
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

    const tally = { stored: 0, refused: 0 };
    for (let round = 0; round < roundsMax; round += 1) {
      await book('confirmed');
      const racing = [ada, bob].flatMap((who, w) =>
        [0, 1, 2, 3].map((i) => () => who.send(talk, `${round}.${w}.${i}`)),
      );
      // Another place in the race each time.
      const before = racing.splice(0, round % racing.length).map((send) => send());
      const cancelled = book('cancelled').then(headSeen);
      const after = racing.map((send) => send());
      const [head, ...answers] = await Promise.all([cancelled, ...before, ...after]);
      for (const answer of answers) {
        if (answer?.ok) expect(answer.seq, 'the number of a stored send').toBeLessThanOrEqual(head);
        else expect(answer?.error.code).toBe('not_permitted');
        tally[answer?.ok ? 'stored' : 'refused'] += 1;
      }
      const late: (Answer<'message.send'> | undefined)[] = [
        await ada.send(talk, `${round}, too late`),
        await bob.send(talk, `${round}, too late`),
      ];
      for (const answer of late) expect(answer).toMatchObject(refused);
      expect(await headSeen(), 'nothing came after the cancellation').toBe(head);
    }

    const { violations } = await run.verdict();
    expect(violations).toEqual([]);
    expect(Math.min(tally.stored, tally.refused), 'sends on either side').toBeGreaterThan(roundsMax);
  });
});
