import { limits, messageId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

/** What every store of receipts promises, whatever it stands on. */
export function receiptsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`receipts: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    it('advances what was read, and delivered with it, under a new rev, and counts what is left', async () => {
      const { direct, say, receipts, conversations, space } = await scene();
      const no = await direct('ana', 'bob');
      for (const i of numbers(1, 4)) await say('bob', no, `${i}`);
      const { rev } = await conversations.facts(space, 'ana', no);
      const read = await receipts.read(space, 'ana', no, 3);
      expect(read).toMatchObject({ readSeq: 3, unread: 1 });
      expect(read.advanced).toEqual({
        conversation: expect.objectContaining({ no, rev: rev + 1 }),
        receipt: { userId: 'ana', readSeq: 3, deliveredSeq: 3, at: expect.any(String) },
        rev: rev + 1,
      });
      expect((await conversations.get(space, 'ana', no)).conversation).toMatchObject({
        readSeq: 3,
        deliveredSeq: 3,
        unread: 1,
      });
    });

    it('never goes back, and changes nothing when it stands there already', async () => {
      const { direct, say, receipts, conversations, space } = await scene();
      const no = await direct('ana', 'bob');
      for (const i of numbers(1, 4)) await say('bob', no, `${i}`);
      await receipts.read(space, 'ana', no, 3);
      const { rev } = await conversations.facts(space, 'ana', no);
      for (const seq of [0, 2, 3]) {
        expect(await receipts.read(space, 'ana', no, seq)).toEqual({ readSeq: 3, unread: 1, advanced: undefined });
      }
      expect((await conversations.facts(space, 'ana', no)).rev).toBe(rev);
    });

    it('clamps to the head', async () => {
      const { direct, say, receipts, space } = await scene();
      const no = await direct('ana', 'bob');
      expect(await receipts.read(space, 'ana', no, 7)).toEqual({ readSeq: 0, unread: 0, advanced: undefined });
      await say('bob', no, '1');
      expect(await receipts.read(space, 'ana', no, 7)).toMatchObject({ readSeq: 1, unread: 0 });
      await say('bob', no, '2');
      expect(await receipts.deliver([{ space, userId: 'ana', no, seq: 99 }])).toMatchObject([
        { receipt: { readSeq: 1, deliveredSeq: 2 } },
      ]);
    });

    it('reads one message and none before it, and tells which; the watermark takes in what joins it', async () => {
      const { direct, say, receipts, conversations, history, log, space } = await scene();
      const no = await direct('ana', 'bob');
      for (const [i, who] of ['bob', 'ana', 'bob', 'bob', 'ana', 'bob'].entries()) await say(who, no, `${i + 1}`);
      const { rev } = await conversations.facts(space, 'ana', no);
      const read = await receipts.readOne(space, 'ana', { no, seq: 4 });
      expect(read).toEqual({
        readSeq: 0,
        unread: 3,
        advanced: {
          conversation: expect.objectContaining({ no, rev: rev + 1 }),
          receipt: {
            userId: 'ana',
            readSeq: 0,
            readBeyond: [{ first: 4, last: 5 }],
            deliveredSeq: 0,
            at: expect.any(String),
          },
          rev: rev + 1,
          messageIds: [messageId(no, 4)],
        },
      });
      expect(await receipts.readOne(space, 'ana', { no, seq: 4 })).toEqual({
        readSeq: 0,
        unread: 3,
        advanced: undefined,
      });
      expect(await receipts.readOne(space, 'ana', { no, seq: 1 })).toMatchObject({ readSeq: 2, unread: 2 });
      const changes = await log.changes(no, rev);
      expect(changes.receipts).toEqual([
        expect.objectContaining({
          userId: 'ana',
          readSeq: 2,
          rev: rev + 2,
          messageIds: [4, 1].map((seq) => messageId(no, seq)),
        }),
      ]);
      const [synced] = (await history.sync(space, 'bob', [{ no, seq: 6, rev }])).conversations;
      expect(synced?.receipts).toMatchObject([{ userId: 'ana', readSeq: 2, readBeyond: [{ first: 4, last: 5 }] }]);
      expect(await receipts.readOne(space, 'ana', { no, seq: 3 })).toMatchObject({ readSeq: 5, unread: 1 });
      expect((await conversations.get(space, 'ana', no)).conversation).toMatchObject({ readSeq: 5, unread: 1 });
      const { receipts: marks } = await history.offset(space, 'bob', no, { offset: 0, limit: 50, order: 'asc' });
      expect(marks).toEqual(
        [1, 3, 4].map((seq) => ({ messageId: messageId(no, seq), userId: 'ana', readAt: expect.any(String) })),
      );
      expect(await receipts.read(space, 'bob', no, 2)).toMatchObject({ readSeq: 2 });
      const again = await history.offset(space, 'bob', no, { offset: 1, limit: 1, order: 'asc' });
      expect(again.receipts).toMatchObject([{ messageId: messageId(no, 2), userId: 'bob' }]);
    });

    it('refuses to read one of its own, what was deleted or never said, and what lies outside the membership', async () => {
      const { group, admit, say, messages, receipts, conversations, space } = await scene();
      const no = await group('ana', 'bob');
      for (const who of ['ana', 'bob', 'ana']) await say(who, no, 'hi');
      await messages.remove(space, 'ana', { no, seq: 3 });
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], { role: 'member', history: 'none' });
      const of = (userId: string, seq: number) => codeOf(receipts.readOne(space, userId, { no, seq }));
      expect(await of('bob', 2)).toBe('forbidden');
      for (const seq of [3, 4, 99]) expect(await of('bob', seq)).toBe('not_found');
      expect(await of('cy', 1)).toBe('not_found');
      expect(await of('eve', 1)).toBe('not_found');
      await conversations.removeMember(space, 'ana', no, 'bob');
      expect(await of('bob', 1)).toBe('not_member');
    });

    it('keeps only so many ranges read one by one', async () => {
      const { direct, say, receipts, space } = await scene();
      const no = await direct('ana', 'bob');
      const even = numbers(0, limits.readRangesMax).map((i) => 2 * i + 2);
      await Promise.all(numbers(1, even.at(-1) ?? 0).map((i) => say('bob', no, `${i}`)));
      for (const seq of even.slice(1)) await receipts.readOne(space, 'ana', { no, seq });
      expect(await codeOf(receipts.readOne(space, 'ana', { no, seq: 2 }))).toBe('limit_reached');
      expect(await receipts.readOne(space, 'ana', { no, seq: 3 })).toMatchObject({ readSeq: 0 });
      expect(await receipts.readOne(space, 'ana', { no, seq: 1 })).toMatchObject({ readSeq: 1 });
    });

    it('is of current members only', async () => {
      const { group, admit, say, receipts, conversations, space } = await scene();
      const no = await group('ana', 'bob');
      await admit('eve');
      await say('ana', no, '1');
      await conversations.removeMember(space, 'ana', no, 'bob');
      expect(await codeOf(receipts.read(space, 'bob', no, 1))).toBe('not_member');
      expect(await codeOf(receipts.read(space, 'eve', no, 1))).toBe('not_found');
      expect(await codeOf(receipts.read('elsewhere', 'ana', no, 1))).toBe('not_found');
      const marks = ['bob', 'eve'].map((userId) => ({ space, userId, no, seq: 1 }));
      expect(await receipts.deliver([...marks, { space: 'elsewhere', userId: 'ana', no, seq: 1 }])).toEqual([]);
      expect(await receipts.deliver([])).toEqual([]);
    });

    it('delivers many marks at once, each member once, each under a rev of its own', async () => {
      const { group, direct, say, receipts, conversations, space } = await scene();
      const [no, other] = [await group('ana', 'bob', 'cy'), await direct('ana', 'bob')];
      for (const i of numbers(1, 3)) await say('ana', no, `${i}`);
      await say('ana', other, 'hi');
      const { rev } = await conversations.facts(space, 'ana', no);
      const advanced = await receipts.deliver([
        { space, userId: 'bob', no, seq: 1 },
        { space, userId: 'cy', no, seq: 3 },
        { space, userId: 'bob', no, seq: 2 },
        { space, userId: 'bob', no: other, seq: 1 },
      ]);
      const of = (which: number) =>
        advanced
          .filter(({ conversation }) => conversation.no === which)
          .map(({ receipt, rev }) => [receipt.userId, receipt.deliveredSeq, rev]);
      expect(of(no)).toEqual([
        ['bob', 2, rev + 1],
        ['cy', 3, rev + 2],
      ]);
      expect(of(other)).toHaveLength(1);
      expect((await conversations.facts(space, 'ana', no)).rev).toBe(rev + 2);
      expect(await receipts.deliver([{ space, userId: 'bob', no, seq: 2 }])).toEqual([]);
    });

    it('stores receipts of large conversations without telling, and tells them once the conversation is small', async () => {
      const { group, say, receipts, conversations, history, space } = await scene();
      const crowd = numbers(1, limits.smallConversationMembersMax).map((i) => `user-${i}`);
      const no = await group('ana', ...crowd);
      await say('ana', no, 'hello all');
      const { rev } = await conversations.facts(space, 'ana', no);
      expect(await receipts.read(space, 'user-1', no, 1)).toEqual({ readSeq: 1, unread: 0, advanced: undefined });
      expect(await receipts.deliver([{ space, userId: 'user-2', no, seq: 1 }])).toEqual([]);
      expect((await conversations.facts(space, 'ana', no)).rev).toBe(rev);
      expect((await conversations.get(space, 'user-1', no)).conversation).toMatchObject({ readSeq: 1, unread: 0 });
      await conversations.removeMember(space, 'ana', no, 'user-9');
      const [answer] = (await history.sync(space, 'ana', [{ no, seq: 1, rev }])).conversations;
      expect(answer?.receipts).toHaveLength(limits.smallConversationMembersMax);
      expect(answer?.receipts).toContainEqual(
        expect.objectContaining({ userId: 'user-1', readSeq: 1, deliveredSeq: 1 }),
      );
      expect(answer?.receipts).toContainEqual(
        expect.objectContaining({ userId: 'user-2', readSeq: 0, deliveredSeq: 1 }),
      );
      expect((await receipts.read(space, 'user-2', no, 1)).advanced?.rev).toBe(rev + 2);
    });

    it('advances to the furthest of what many nodes mark at once', async () => {
      const { direct, say, receipts, other, conversations, space } = await scene();
      const no = await direct('ana', 'bob');
      for (const i of numbers(1, 20)) await say('bob', no, `${i}`);
      const { rev } = await conversations.facts(space, 'ana', no);
      const marks = await Promise.all(
        numbers(1, 20).map((seq) => (seq % 2 ? receipts : other.receipts).read(space, 'ana', no, seq)),
      );
      const revs = marks.flatMap(({ advanced }) => (advanced ? [advanced.rev] : []));
      expect((await conversations.get(space, 'ana', no)).conversation.readSeq).toBe(20);
      expect(revs.sort((a, b) => a - b)).toEqual(numbers(rev + 1, rev + revs.length));
    });
  });
}
