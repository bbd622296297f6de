import { conversationId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

const far = Number.MAX_SAFE_INTEGER;

/** What every store promises about pages by position, whatever it stands on. */
export function pagesConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`pages by position: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);
    const seqs = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);

    it('number what is not deleted, from either end, exactly', async () => {
      const { direct, say, messages, history, space } = await scene();
      const no = await direct('ana', 'bob');
      for (const i of numbers(1, 12)) await say('ana', no, `${i}`);
      // At both ends, alone, and several in a row.
      const gone = [1, 2, 5, 7, 8, 9, 12];
      for (const seq of gone) await messages.remove(space, 'ana', { no, seq });
      const left = numbers(1, 12).filter((seq) => !gone.includes(seq));
      for (const order of ['asc', 'desc'] as const) {
        const ordered = order === 'asc' ? left : left.toReversed();
        for (const offset of numbers(0, 7)) {
          for (const limit of [1, 2, 5, 50]) {
            const page = await history.offset(space, 'bob', no, { offset, limit, order });
            expect([seqs(page.messages), page.total]).toEqual([ordered.slice(offset, offset + limit), left.length]);
          }
        }
      }
    });

    it('are empty beyond the end, with the right total', async () => {
      const { direct, say, history, conversations, space } = await scene();
      const no = await direct('ana', 'bob');
      expect(await history.offset(space, 'bob', no, { offset: 0, limit: 5, order: 'asc' })).toMatchObject({
        messages: [],
        total: 0,
        conversation: { id: conversationId(no), peerId: 'ana' },
      });
      await say('ana', no, 'hi');
      for (const order of ['asc', 'desc'] as const) {
        for (const offset of [1, far]) {
          const page = await history.offset(space, 'bob', no, { offset, limit: 5, order });
          expect(page).toMatchObject({ messages: [], total: 1, conversation: { unread: 1, lastSeq: 1 } });
        }
      }
      expect(await conversations.page(space, 'bob', { offset: far, limit: 5 })).toEqual({
        conversations: [],
        total: 1,
      });
    });

    it('show nothing before somebody came and nothing after they went, and nothing to others', async () => {
      const { group, say, admit, messages, conversations, history, space } = await scene();
      const no = await group('ana', 'bob');
      for (const i of numbers(1, 3)) await say('ana', no, `${i}`);
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], { role: 'member', history: 'none' });
      for (const i of numbers(4, 6)) await say('ana', no, `${i}`);
      await conversations.removeMember(space, 'ana', no, 'cy');
      for (const i of numbers(7, 9)) await say('ana', no, `${i}`);
      for (const seq of [2, 5, 8]) await messages.remove(space, 'ana', { no, seq });
      const pages = await Promise.all(
        (['asc', 'desc'] as const).map((order) => history.offset(space, 'cy', no, { offset: 0, limit: 50, order })),
      );
      expect(pages.map((page) => [seqs(page.messages), page.total])).toEqual([
        [[4, 6], 2],
        [[6, 4], 2],
      ]);
      const page = { offset: 0, limit: 1, order: 'asc' } as const;
      expect(await codeOf(history.offset(space, 'eve', no, page))).toBe('not_found');
      expect(await codeOf(history.offset('elsewhere', 'ana', no, page))).toBe('not_found');
    });

    it('hold conversations most recent first, with their newest message, and how many there are', async () => {
      const { direct, group, say, conversations, space } = await scene();
      const nos = [await direct('ana', 'bob'), await direct('ana', 'cy'), await group('ana', 'bob', 'cy')];
      const left = await group('ana', 'bob');
      for (const no of [2, 0, 1].map((i) => nos[i] ?? 0)) await say('ana', no, `in ${no}`);
      await conversations.removeMember(space, 'bob', left, 'bob');
      const page = async (userId: string, offset: number, limit: number) => {
        const { conversations: found, total } = await conversations.page(space, userId, { offset, limit });
        return [found.map(({ id, lastMessage }) => [id, lastMessage?.body]), total];
      };
      const of = (i: number) => [conversationId(nos[i] ?? 0), `in ${nos[i]}`];
      expect(await page('bob', 0, 5)).toEqual([[of(0), of(2)], 2]);
      expect(await page('ana', 0, 2)).toEqual([[of(1), of(0)], 4]);
      expect(await page('ana', 2, 2)).toEqual([[of(2), [conversationId(left), undefined]], 4]);
      expect(await page('eve', 0, 2)).toEqual([[], 0]);
    });

    it('find the direct conversation of a peer, and make none', async () => {
      const { direct, admit, conversations, space } = await scene();
      await admit('ana', 'cy');
      const no = await direct('ana', 'Übel 😀');
      expect(await conversations.between(space, 'Übel 😀', 'ana')).toBe(no);
      expect(await conversations.between(space, 'ana', 'Übel 😀')).toBe(no);
      for (const peer of ['cy', 'nobody', 'ana'])
        expect(await codeOf(conversations.between(space, 'ana', peer))).toBe('not_found');
      expect(await codeOf(conversations.between('elsewhere', 'ana', 'Übel 😀'))).toBe('not_found');
      expect((await conversations.page(space, 'cy', { offset: 0, limit: 1 })).total).toBe(0);
    });
  });
}
