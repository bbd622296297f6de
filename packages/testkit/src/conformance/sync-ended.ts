import { limits } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

type Cursor = { no: number; seq: number; rev: number };

/** What `sync` promises to somebody whose membership ended: all that was theirs, and nothing else. */
export function syncEndedConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`sync after a membership ended: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    const syncOf =
      ({ history, space }: Scene) =>
      async (cursor: Cursor) => {
        const [answer] = (await history.sync(space, 'bob', [cursor])).conversations;
        if (!answer) throw new Error('each cursor has its answer');
        return answer;
      };
    /** Bob, who held message 1, was away when two more were said, and was taken out. */
    async function left(scene: Scene) {
      const { group, say, conversations, space } = scene;
      const no = await group('ana', 'bob');
      await say('ana', no, 'heard');
      const { rev } = await conversations.facts(space, 'bob', no);
      for (const body of ['missed', 'the last']) await say('ana', no, body);
      return { no, rev, sync: syncOf(scene), remove: () => conversations.removeMember(space, 'ana', no, 'bob') };
    }

    it('answers what was said up to the end, with `gone`, and nothing that was said after it', async () => {
      const of = await scene();
      const { no, rev, sync, remove } = await left(of);
      await remove();
      await of.say('ana', no, 'when bob is gone');
      const answer = await sync({ no, seq: 1, rev });
      expect(answer).toMatchObject({ status: 'gone', seq: 3, rev: rev + 1, more: false });
      expect(answer.messages.map(({ body }) => body)).toEqual(['missed', 'the last']);
      expect(answer.members).toEqual([expect.objectContaining({ userId: 'bob', untilSeq: 3 })]);
      const again = { messages: [], changed: [], members: [], receipts: [], conversation: undefined };
      expect(await sync({ no, seq: 3, rev: rev + 1 })).toEqual({ ...answer, ...again });
      // Other answers told them how far the conversation went on.
      expect(await sync({ no, seq: 3, rev: rev + 9 })).toEqual({ ...answer, ...again, rev: rev + 9 });
      expect((await sync({ no, seq: 1, rev: rev + 9 })).messages).toEqual(answer.messages);
    });

    it('answers what changed before the end, and nothing that changed after it', async () => {
      const of = await scene();
      const { no, rev, sync, remove } = await left(of);
      const { messages, receipts, conversations, admit, space, say } = of;
      await say('ana', no, 'kept as it was');
      await messages.edit(space, 'ana', { no, seq: 1 }, 'edited', 'always');
      await messages.remove(space, 'ana', { no, seq: 2 });
      await receipts.read(space, 'bob', no, 2);
      await remove();
      await messages.edit(space, 'ana', { no, seq: 4 }, 'edited when bob was gone', 'always');
      await receipts.read(space, 'ana', no, 4);
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], { role: 'member', history: 'all' });
      const answer = await sync({ no, seq: 4, rev });
      expect(answer).toMatchObject({ status: 'gone', seq: 4, rev: rev + 4, more: false, messages: [] });
      expect(answer.changed.map(({ seq, body }) => [seq, body])).toEqual([
        [1, 'edited'],
        [2, ''],
      ]);
      expect([answer.members, answer.receipts].map((rows) => rows.map(({ userId }) => userId))).toEqual([
        ['bob'],
        ['bob'],
      ]);
    });

    it('comes to the end page by page, each bounded in bytes, and only the last says `gone`', async () => {
      const of = await scene();
      const { no, rev, sync, remove } = await left(of);
      const long = 'x'.repeat(limits.bodyCharsMax);
      await Promise.all(numbers(4, 80).map(() => of.say('ana', no, long)));
      await remove();
      const met: number[] = [];
      const statuses: string[] = [];
      for (let cursor = { no, seq: 1, rev }, more = true; more; ) {
        const answer = await sync(cursor);
        expect(JSON.stringify(answer).length).toBeLessThanOrEqual(limits.syncBytesMax * 1.05);
        met.push(...answer.messages.map(({ seq }) => seq));
        statuses.push(answer.status);
        cursor = { no, seq: answer.seq, rev: answer.rev };
        more = answer.more;
      }
      expect(met).toEqual(numbers(2, 80));
      expect(statuses).toEqual([...statuses.slice(1).map(() => 'ok'), 'gone']);
      expect(statuses.length).toBeGreaterThan(2);
    });

    it('gives the newest page before the end to who is too far behind, then `gone`', async () => {
      const of = await scene();
      const { no, sync, remove } = await left(of);
      const count = limits.syncMessagesMax + 1;
      await Promise.all(numbers(4, count).map((i) => of.say('ana', no, `${i}`)));
      await remove();
      await of.say('ana', no, 'when bob is gone');
      const answer = await sync({ no, seq: 0, rev: 0 });
      expect(answer).toMatchObject({ status: 'limited', seq: count, more: true });
      expect(answer.messages.map(({ seq }) => seq)).toEqual(numbers(count - limits.pageDefault + 1, count));
      const { seq, rev } = answer;
      expect(await sync({ no, seq, rev })).toMatchObject({ status: 'gone', messages: [], seq, rev, more: false });
    });
  });
}
