import { conversationId, limits } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

const newcomer = { role: 'member', history: 'none' } as const;

/** What every history promises, whatever it stands on. */
export function historyConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`history: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);
    const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);

    it('pages ascending before and after a number, and says whether more lie beyond', async () => {
      const { direct, say, history, space } = await scene();
      const no = await direct('ana', 'bob');
      for (const i of numbers(1, 10)) await say('ana', no, `${i}`);
      const page = async (range: { beforeSeq?: number; afterSeq?: number; limit: number }) => {
        const { messages, more, firstSeq, lastSeq } = await history.page(space, 'bob', no, range);
        return [seqs(messages), more, firstSeq, lastSeq];
      };
      expect(await page({ limit: 3 })).toEqual([[8, 9, 10], true, 1, 10]);
      expect(await page({ beforeSeq: 8, limit: 3 })).toEqual([[5, 6, 7], true, 1, 10]);
      expect(await page({ beforeSeq: 4, limit: 3 })).toEqual([[1, 2, 3], false, 1, 10]);
      expect(await page({ beforeSeq: 1, limit: 3 })).toEqual([[], false, 1, 10]);
      expect(await page({ afterSeq: 0, limit: 4 })).toEqual([[1, 2, 3, 4], true, 1, 10]);
      expect(await page({ afterSeq: 8, limit: 2 })).toEqual([[9, 10], false, 1, 10]);
      expect(await page({ afterSeq: 10, limit: 2 })).toEqual([[], false, 1, 10]);
    });

    it('ends a page of long messages early, on the side that was asked for, and says that more lie beyond', async () => {
      const { direct, say, history, space } = await scene();
      const no = await direct('ana', 'bob');
      const count = 60;
      await Promise.all(numbers(1, count).map(() => say('ana', no, 'x'.repeat(limits.bodyCharsMax))));
      const newest = await history.page(space, 'bob', no, { limit: count });
      expect(seqs(newest.messages)).toEqual(numbers(count - newest.messages.length + 1, count));
      expect(JSON.stringify(newest).length).toBeLessThan(300_000);
      const oldest = await history.page(space, 'bob', no, { afterSeq: 0, limit: count });
      expect(seqs(oldest.messages)).toEqual(numbers(1, oldest.messages.length));
      expect([newest.more, oldest.more]).toEqual([true, true]);
    });

    it('shows nothing before somebody came and nothing after they went', async () => {
      const { group, say, admit, conversations, history, space } = await scene();
      const no = await group('ana', 'bob');
      for (const i of numbers(1, 3)) await say('ana', no, `${i}`);
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], newcomer);
      for (const i of numbers(4, 6)) await say('ana', no, `${i}`);
      await conversations.removeMember(space, 'ana', no, 'cy');
      for (const i of numbers(7, 9)) await say('ana', no, `${i}`);
      for (const range of [{}, { afterSeq: 0 }, { beforeSeq: 9 }, { afterSeq: 2 }]) {
        const page = await history.page(space, 'cy', no, { ...range, limit: 50 });
        expect(seqs(page.messages)).toEqual([4, 5, 6]);
        expect(page).toMatchObject({ firstSeq: 4, lastSeq: 6, more: false });
      }
      expect(await codeOf(history.page(space, 'eve', no, { limit: 1 }))).toBe('not_found');
      expect(await codeOf(history.page('elsewhere', 'ana', no, { limit: 1 }))).toBe('not_found');
    });

    it('syncs what happened since a cursor: new messages, edits, deletions, members, receipts', async () => {
      const { group, say, messages, receipts, admit, conversations, history, space } = await scene();
      const no = await group('ana', 'bob');
      for (const i of numbers(1, 3)) await say('ana', no, `${i}`);
      const { rev } = await conversations.facts(space, 'ana', no);
      await messages.edit(space, 'ana', { no, seq: 1 }, 'one', 'always');
      await messages.remove(space, 'ana', { no, seq: 2 });
      await say('bob', no, '4');
      await messages.edit(space, 'bob', { no, seq: 4 }, 'four', 'always');
      await receipts.read(space, 'bob', no, 3);
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], newcomer);
      const { conversations: answers, epoch } = await history.sync(space, 'ana', [{ no, seq: 3, rev }]);
      expect(epoch).toBe(await history.epoch());
      expect(answers).toEqual([
        {
          id: conversationId(no),
          status: 'ok',
          messages: [expect.objectContaining({ seq: 4, body: 'four' })],
          changed: [
            expect.objectContaining({ seq: 1, body: 'one', rev: rev + 1 }),
            expect.objectContaining({ seq: 2, body: '', rev: rev + 2 }),
          ],
          members: [expect.objectContaining({ userId: 'cy', fromSeq: 4 })],
          receipts: [{ userId: 'bob', readSeq: 3, deliveredSeq: 3, at: expect.any(String) }],
          conversation: expect.objectContaining({ id: conversationId(no), memberCount: 3, lastSeq: 4, unread: 1 }),
          seq: 4,
          rev: rev + 5,
          more: false,
        },
      ]);
      const [again] = (await history.sync(space, 'ana', [{ no, seq: 4, rev: rev + 5 }])).conversations;
      expect(again).toEqual({
        ...answers[0],
        messages: [],
        changed: [],
        members: [],
        receipts: [],
        conversation: undefined,
      });
    });

    it('answers for each cursor in its place, and `gone` for what was never theirs', async () => {
      const { direct, say, history, space } = await scene();
      const [theirs, never] = [await direct('bob', 'ana'), await direct('ana', 'cy')];
      await say('ana', theirs, 'hi');
      const { conversations: answers } = await history.sync(
        space,
        'bob',
        [never, theirs, never].map((no) => ({ no, seq: 0, rev: 0 })),
      );
      expect(answers.map(({ id, status, messages, seq }) => [id, status, messages.length, seq])).toEqual([
        [conversationId(never), 'gone', 0, 0],
        [conversationId(theirs), 'ok', 1, 1],
        [conversationId(never), 'gone', 0, 0],
      ]);
      expect(await history.sync(space, 'bob', [])).toMatchObject({ conversations: [] });
    });

    it('gives the newest page to who is too far behind, and everything to who is not quite', async () => {
      const { direct, say, history, space } = await scene();
      const no = await direct('ana', 'bob');
      const count = limits.syncMessagesMax + 1;
      await Promise.all(numbers(1, count).map((i) => say('ana', no, `${i}`)));
      const sync = async (seq: number) => (await history.sync(space, 'bob', [{ no, seq, rev: 1 }])).conversations[0];
      expect(await sync(0)).toMatchObject({ status: 'limited', seq: count, more: false });
      expect(seqs((await sync(0))?.messages ?? [])).toEqual(numbers(count - limits.pageDefault + 1, count));
      expect(await sync(1)).toMatchObject({ status: 'ok', seq: count, more: false });
      expect(seqs((await sync(1))?.messages ?? [])).toEqual(numbers(2, count));
    });

    it('gives the newest page to who claims numbers that never were, and to who came back', async () => {
      const { group, say, conversations, history, space } = await scene();
      const no = await group('ana', 'bob');
      for (const i of numbers(1, 3)) await say('ana', no, `${i}`);
      const [ahead] = (await history.sync(space, 'bob', [{ no, seq: 9, rev: 1 }])).conversations;
      expect(ahead).toMatchObject({ status: 'limited', seq: 3, rev: 1, more: false });
      await conversations.removeMember(space, 'ana', no, 'bob');
      await say('ana', no, '4');
      await conversations.addMembers(space, 'ana', no, ['bob'], newcomer);
      await say('ana', no, '5');
      const [back] = (await history.sync(space, 'bob', [{ no, seq: 3, rev: 1 }])).conversations;
      expect(back).toMatchObject({ status: 'limited', seq: 5, conversation: { fromSeq: 4 } });
      expect(seqs(back?.messages ?? [])).toEqual([5]);
    });

    it('bounds an answer in bytes, and comes to the end in several', async () => {
      const { direct, say, messages, history, space } = await scene();
      const nos = [await direct('ana', 'bob'), await direct('ana', 'cy'), await direct('ana', 'dee')];
      const long = 'x'.repeat(limits.bodyCharsMax);
      await Promise.all(nos.flatMap((no) => numbers(1, 30).map(() => say('ana', no, long))));
      const cursors = new Map(nos.map((no) => [no, { no, seq: 0, rev: 1 }]));
      const held = new Map<string, string>();
      let calls = 0;
      for (let more = true; more; calls++) {
        const answer = await history.sync(space, 'ana', [...cursors.values()]);
        expect(JSON.stringify(answer).length).toBeLessThanOrEqual(limits.syncBytesMax * 1.05);
        for (const [i, { messages: news, changed, seq, rev }] of answer.conversations.entries()) {
          for (const message of [...news, ...changed]) held.set(message.id, message.body);
          cursors.set(nos[i] ?? 0, { no: nos[i] ?? 0, seq, rev });
        }
        if (calls === 1) {
          for (const no of nos)
            for (const seq of numbers(1, 30))
              await messages.edit(space, 'ana', { no, seq }, `${long.slice(1)}y`, 'always');
        }
        more = answer.conversations.some((conversation) => conversation.more);
        expect(calls).toBeLessThan(30);
      }
      expect(held.size).toBe(90);
      expect([...held.values()].every((body) => body.endsWith('y'))).toBe(true);
      expect(calls).toBeGreaterThan(3);
    });

    it('skips none of many changes although they come in pages', async () => {
      const { direct, say, messages, receipts, history, space } = await scene();
      const no = await direct('ana', 'bob');
      const count = limits.syncMessagesMax - 50;
      await Promise.all(numbers(1, count).map((i) => say('ana', no, `${i}`)));
      await Promise.all(
        numbers(1, count).map((seq) => messages.edit(space, 'ana', { no, seq }, `edited ${seq}`, 'always')),
      );
      await receipts.read(space, 'bob', no, 5);
      const edited = new Set<number>();
      const read: number[] = [];
      let cursor = { no, seq: count, rev: 1 };
      for (let more = true; more; ) {
        const [answer] = (await history.sync(space, 'ana', [cursor])).conversations;
        for (const message of answer?.changed ?? [])
          if (message.body === `edited ${message.seq}`) edited.add(message.seq);
        for (const { readSeq } of answer?.receipts ?? []) read.push(readSeq);
        cursor = { no, seq: answer?.seq ?? 0, rev: answer?.rev ?? 0 };
        more = answer?.more ?? false;
      }
      expect(edited.size).toBe(count);
      expect(read).toEqual([5]);
    });

    it('never splits the members who came under one rev', async () => {
      const { group, admit, conversations, history, space } = await scene();
      const no = await group('ana');
      const crowd = numbers(1, 1_200).map((i) => `a-user-with-a-long-name-${i}`);
      await admit(...crowd);
      for (const at of [0, 400, 800])
        await conversations.addMembers(space, 'ana', no, crowd.slice(at, at + 400), newcomer);
      const met = new Set<string>();
      let cursor = { no, seq: 0, rev: 0 };
      for (let more = true; more; ) {
        const [answer] = (await history.sync(space, 'ana', [cursor])).conversations;
        for (const { userId } of answer?.members ?? []) met.add(userId);
        // A rev that the cursor has reached is whole: the maker's, and four hundred of each that follows.
        expect(met.size).toBe(1 + 400 * ((answer?.rev ?? 1) - 1));
        cursor = { no, seq: answer?.seq ?? 0, rev: answer?.rev ?? 0 };
        more = answer?.more ?? false;
      }
      expect(met.size).toBe(1_201);
    });
  });
}
