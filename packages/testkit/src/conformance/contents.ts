import { randomUUID } from 'node:crypto';
import type { Attachment } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

const photo: Attachment = {
  url: 'https://files.example/a b.png'.replace(' ', '%20'),
  name: 'a "b", {c}.png',
  bytes: 9,
};
const sheet: Attachment = { url: 'http://files.example/é?x={1,2}&y=%5C', type: 'text/csv' };

/** What a log of messages promises of attachments, kinds and replies. */
export function contentsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`contents of messages: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    it('keeps kind and attachments as they came, in every answer', async () => {
      const { direct, say, history, conversations, unread, log, space } = await scene();
      const no = await direct('ana', 'bob');
      const attachments = [photo, sheet];
      const { rev } = await conversations.facts(space, 'ana', no);
      const { message } = await say('ana', no, '', { kind: 'image', attachments });
      expect(message).toMatchObject({ kind: 'image', body: '', attachments });
      const { messages } = await history.page(space, 'bob', no, { limit: 9 });
      expect(messages).toEqual([message]);
      expect((await history.offset(space, 'bob', no, { offset: 0, limit: 9, order: 'asc' })).messages).toEqual(
        messages,
      );
      const synced = await history.sync(space, 'bob', [{ no, seq: 0, rev }]);
      expect(synced.conversations[0]?.messages).toEqual(messages);
      expect((await conversations.list(space, 'bob', { after: undefined, limit: 9 })).conversations).toMatchObject([
        { lastMessage: message },
      ]);
      expect((await unread.messages(space, 'bob', { limit: 9 })).messages).toEqual(messages);
      expect(await log.messages(no, 0, 1, 9)).toEqual([{ message }]);
    });

    it('stores those that carry something beside those that do not', async () => {
      const { direct, say, history, space } = await scene();
      const no = await direct('ana', 'bob');
      const calls = numbers(1, 20).map((i) =>
        say('ana', no, `${i}`, i % 3 ? {} : { kind: 'file', attachments: [{ ...sheet, name: `${i}` }] }),
      );
      await Promise.all(calls);
      const { messages } = await history.page(space, 'bob', no, { limit: 50 });
      expect(messages.map(({ attachments }) => attachments?.[0]?.name)).toEqual(
        numbers(1, 20).map((i) => (i % 3 ? undefined : `${i}`)),
      );
    });

    it('counts attachments as content: a retry has the same, in whatever order its fields came', async () => {
      const { direct, say } = await scene();
      const no = await direct('ana', 'bob');
      const clientId = randomUUID();
      const { url, name = '', bytes = 0 } = photo;
      const first = await say('ana', no, 'look', { clientId, attachments: [photo] });
      const again = await say('ana', no, 'look', { clientId, attachments: [{ bytes, name, url }] });
      expect(again).toMatchObject({ duplicate: true, message: first.message });
      expect(await codeOf(say('ana', no, 'look', { clientId }))).toBe('conflict');
      expect(await codeOf(say('ana', no, 'look', { clientId, attachments: [photo, sheet] }))).toBe('conflict');
      expect(await codeOf(say('ana', no, 'look', { clientId, kind: 'image', attachments: [photo] }))).toBe('conflict');
    });

    it('keeps attachments through an edit, and nothing of them in a tombstone', async () => {
      const { direct, say, messages, history, space } = await scene();
      const no = await direct('ana', 'bob');
      await say('ana', no, 'look', { kind: 'image', attachments: [photo] });
      const edited = await messages.edit(space, 'ana', { no, seq: 1 }, 'look!', 'always');
      expect(edited.message).toMatchObject({ body: 'look!', attachments: [photo] });
      const removed = await messages.remove(space, 'ana', { no, seq: 1 });
      expect(removed.message).toMatchObject({ kind: 'image', body: '' });
      expect(removed.message).not.toHaveProperty('attachments');
      const { messages: seen } = await history.page(space, 'bob', no, { limit: 9 });
      expect(seen).toEqual([removed.message]);
    });

    it('ends a page where attachments make it long', async () => {
      const { direct, say, history, space } = await scene();
      const no = await direct('ana', 'bob');
      const attachments = numbers(1, 10).map((i) => ({ url: `https://files.example/${`${i}`.padEnd(2_000, 'x')}` }));
      await Promise.all(numbers(1, 30).map((i) => say('ana', no, `${i}`, { attachments })));
      const page = await history.page(space, 'bob', no, { afterSeq: 0, limit: 30 });
      expect(page.more).toBe(true);
      expect(Buffer.byteLength(JSON.stringify(page.messages))).toBeLessThan(256 * 1024);
      const synced = await history.sync(space, 'bob', [{ no, seq: 0, rev: 0 }]);
      expect(synced.conversations[0]).toMatchObject({ more: true });
      expect(Buffer.byteLength(JSON.stringify(synced.conversations))).toBeLessThan(256 * 1024);
    });

    it('answers nothing that was deleted: alone, among others, and while the deletion is under way', async () => {
      const { direct, say, messages, other, said, space } = await scene();
      const no = await direct('ana', 'bob');
      const clientId = randomUUID();
      await say('bob', no, 'question');
      const reply = { clientId, replyToSeq: 1 };
      const answered = await say('ana', no, 'answer', reply);
      await messages.remove(space, 'bob', { no, seq: 1 });
      expect(await codeOf(say('ana', no, 'another answer', { replyToSeq: 1 }))).toBe('not_found');
      const outcomes = await Promise.all([
        codeOf(say('ana', no, 'aside')),
        codeOf(say('ana', no, 'late', { replyToSeq: 1 })),
        codeOf(say('bob', no, 'to the answer', { replyToSeq: 2 })),
      ]);
      expect(outcomes).toEqual(['answered', 'not_found', 'answered']);
      // What was stored in time is answered again, alone and among others.
      expect(await say('ana', no, 'answer', reply)).toMatchObject({ duplicate: true, message: answered.message });
      const [, retried] = await Promise.all([say('bob', no, 'aside'), say('ana', no, 'answer', reply)]);
      expect(retried).toMatchObject({ duplicate: true, message: answered.message });

      const { message } = await say('bob', no, 'for a moment');
      const replies = numbers(1, 12).map((i) =>
        codeOf(other.messages.append(said('ana', no, `${i}`, { replyToSeq: message.seq }))),
      );
      const { rev } = await messages.remove(space, 'bob', { no, seq: message.seq });
      expect(rev).toBeGreaterThan(0);
      for (const outcome of await Promise.all(replies)) expect(['answered', 'not_found']).toContain(outcome);
      expect(await codeOf(other.messages.append(said('ana', no, 'too late', { replyToSeq: message.seq })))).toBe(
        'not_found',
      );
    });
  });
}
