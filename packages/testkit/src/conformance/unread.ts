import { conversationId, limits } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

/** What every store promises about what is unread, whatever it stands on. */
export function unreadConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`unread: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    it('counts what others wrote and was neither read nor deleted, where one is a member', async () => {
      const { direct, group, say, messages, receipts, conversations, unread, space } = await scene();
      const [no, other, left] = [
        await direct('ana', 'bob'),
        await group('ana', 'bob', 'cy'),
        await group('ana', 'bob'),
      ];
      for (const i of numbers(1, 4)) await say('bob', no, `${i}`);
      await say('ana', no, 'mine');
      await say('cy', other, 'hi');
      await say('bob', other, 'hi');
      await say('bob', other, 'a notice', { kind: 'system' });
      await say('bob', left, 'bye');
      await conversations.removeMember(space, 'ana', left, 'bob');
      expect(await unread.total(space, 'ana')).toBe(7);
      expect(await unread.total(space, 'bob')).toBe(2);
      await messages.remove(space, 'bob', { no, seq: 4 });
      await receipts.read(space, 'ana', no, 1);
      expect(await unread.total(space, 'ana')).toBe(5);
      const { conversations: some, more } = await unread.byConversation(space, 'ana', { limit: 2 });
      expect(some.map(({ id, unread }) => [id, unread])).toEqual([
        [conversationId(left), 1],
        [conversationId(other), 2],
      ]);
      expect(more).toBe(true);
      const all = await unread.byConversation(space, 'ana', { limit: 3 });
      expect(all.conversations[2]).toMatchObject({ peerId: 'bob', unread: 2, lastMessage: { body: 'mine' } });
      expect(all).toMatchObject({ conversations: { length: 3 }, more: false });
      for (const each of [no, other, left]) await receipts.read(space, 'ana', each, limits.pageMax);
      expect(await unread.total(space, 'ana')).toBe(0);
      expect(await unread.byConversation(space, 'ana', { limit: 3 })).toEqual({ conversations: [], more: false });
      expect(await unread.messages(space, 'ana', { limit: 3 })).toEqual({ messages: [], more: false });
    });

    it('gives all that is unread over all conversations, oldest first, and says when there is more', async () => {
      const { direct, group, say, messages, unread, space } = await scene();
      const nos = [await direct('ana', 'bob'), await group('ana', 'cy'), await direct('cy', 'bob')];
      const [a = 0, b = 0, foreign = 0] = nos;
      await say('cy', foreign, 'not yours');
      const order: [string, number][] = [
        ['bob', a],
        ['cy', b],
        ['bob', a],
        ['ana', a],
        ['bob', a],
        ['cy', b],
      ];
      for (const [i, [who, no]] of order.entries()) await say(who, no, `${i}`);
      await messages.remove(space, 'bob', { no: a, seq: 2 });
      const bodies = async (limit: number) => {
        const { messages, more } = await unread.messages(space, 'ana', { limit });
        expect(messages.map(({ createdAt }) => createdAt)).toEqual(messages.map(({ createdAt }) => createdAt).sort());
        return [messages.map(({ body }) => body).sort(), more];
      };
      expect(await bodies(10)).toEqual([['0', '1', '4', '5'], false]);
      expect(await bodies(4)).toEqual([['0', '1', '4', '5'], false]);
      expect((await bodies(3))[1]).toBe(true);
    });

    it('counts a total beyond what an inbox counts, and gives no more bytes than the limit', async () => {
      const { direct, say, unread, space } = await scene();
      const no = await direct('ana', 'bob');
      const count = limits.unreadMax + 5;
      const long = 'x'.repeat(limits.bodyCharsMax);
      await Promise.all(numbers(1, count).map((i) => say('bob', no, i > 200 ? '.' : long)));
      expect(await unread.total(space, 'ana')).toBe(count);
      const page = await unread.messages(space, 'ana', { limit: limits.unreadMessagesMax });
      expect(page.more).toBe(true);
      expect(page.messages.map(({ seq }) => seq)).toEqual(numbers(1, page.messages.length));
      const bytes = JSON.stringify(page.messages).length;
      expect(bytes).toBeLessThanOrEqual(limits.unreadBytesMax);
      expect(bytes).toBeGreaterThan(limits.unreadBytesMax * 0.9);
    });
  });
}
