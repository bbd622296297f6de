import type { SyncAnswer } from '@parley/protocol';
import { limits } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

/** What a log of messages promises of reactions. */
export function reactionsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`reactions: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    /** A group, and a message of ana's in it. */
    async function scene(...userIds: string[]) {
      const it: Scene = await sceneOn(stage);
      const no = await it.group('ana', 'bob', ...userIds);
      await it.say('ana', no, 'look');
      const key = { no, seq: 1 };
      return {
        ...it,
        no,
        key,
        react: (userId: string, emoji: string) => it.messages.react(it.space, userId, key, emoji, 'always'),
        unreact: (userId: string, emoji: string) => it.messages.unreact(it.space, userId, key, emoji),
      };
    }

    it('are one for each user and emoji, counted, in the order in which they came', async () => {
      const { react, unreact } = await scene();
      await react('bob', '👍');
      await react('ana', '🎉');
      const { message, changed, rev } = await react('ana', '👍');
      expect(message.reactions).toEqual([
        { emoji: '👍', count: 2, userIds: ['bob', 'ana'] },
        { emoji: '🎉', count: 1, userIds: ['ana'] },
      ]);
      expect([changed, message.rev]).toEqual([true, rev]);
      expect(await react('ana', '👍')).toMatchObject({ changed: false, rev, message });
      expect((await unreact('bob', '👍')).message.reactions).toEqual([
        { emoji: '👍', count: 1, userIds: ['ana'] },
        { emoji: '🎉', count: 1, userIds: ['ana'] },
      ]);
      expect(await unreact('bob', '👍')).toMatchObject({ changed: false });
      await unreact('ana', '👍');
      expect((await unreact('ana', '🎉')).message).not.toHaveProperty('reactions');
    });

    it('are in every answer that tells the message, and come to who was away, exactly', async () => {
      const { react, unreact, no, key, history, conversations, unread, search, log, messages, space } = await scene();
      const cursor = { no, seq: 1, rev: (await conversations.facts(space, 'bob', no)).rev };
      const missed = async (): Promise<SyncAnswer | undefined> =>
        (await history.sync(space, 'bob', [cursor])).conversations[0];
      await react('ana', '🎉');
      await react('bob', '👍');
      await unreact('ana', '🎉');
      const { message } = await react('ana', '👍');
      expect(await missed()).toMatchObject({ changed: [message], messages: [], rev: message.rev, more: false });
      expect((await history.page(space, 'bob', no, { limit: 9 })).messages).toEqual([message]);
      const { messages: listed } = await history.offset(space, 'bob', no, { offset: 0, limit: 9, order: 'asc' });
      expect(listed).toEqual([message]);
      expect((await conversations.list(space, 'bob', { after: undefined, limit: 9 })).conversations).toMatchObject([
        { lastMessage: message },
      ]);
      expect((await unread.messages(space, 'bob', { limit: 9 })).messages).toEqual([message]);
      const found = await search.find(space, 'bob', { terms: ['look'], no, after: undefined, limit: 9 });
      expect(found.messages).toEqual([message]);
      expect(await log.messages(no, 0, 1, 9)).toEqual([{ message }]);
      expect((await log.changes(no, cursor.rev)).messages).toEqual([{ message }]);
      const edited = await messages.edit(space, 'ana', key, 'look!', 'always');
      expect(edited.message).toMatchObject({ body: 'look!', reactions: message.reactions });
      expect((await missed())?.changed).toEqual([edited.message]);
    });

    it('are not kept by a tombstone, nor taken by one', async () => {
      const { react, unreact, messages, key, history, no, space } = await scene();
      await react('bob', '👍');
      const { message } = await messages.remove(space, 'ana', key);
      expect(message).not.toHaveProperty('reactions');
      expect(await codeOf(react('bob', '👍'))).toBe('not_found');
      expect(await codeOf(unreact('bob', '👍'))).toBe('not_found');
      expect((await history.page(space, 'bob', no, { limit: 9 })).messages).toEqual([message]);
    });

    it('are of members only, within their membership, on what exists', async () => {
      const { react, messages, conversations, say, admit, no, space } = await scene('cy');
      await admit('out', 'late');
      await expect(react('out', '👍')).rejects.toMatchObject({ code: 'not_found', details: undefined });
      await conversations.addMembers(space, 'ana', no, ['late'], { role: 'member', history: 'none' });
      expect(await codeOf(react('late', '👍'))).toBe('not_found');
      expect(await codeOf(messages.react(space, 'bob', { no, seq: 2 }, '👍', 'always'))).toBe('not_found');
      expect(await codeOf(messages.react('elsewhere', 'bob', { no, seq: 1 }, '👍', 'always'))).toBe('not_found');
      await say('ana', no, 'to all');
      expect(await codeOf(messages.react(space, 'late', { no, seq: 2 }, '👍', 'always'))).toBe('answered');
      await conversations.removeMember(space, 'ana', no, 'cy');
      expect(await codeOf(react('cy', '👍'))).toBe('not_member');
    });

    it('say something new: who may not talk, is muted, or finds it closed may only take theirs back', async () => {
      const { direct, say, messages, links, moderation, admit, space } = await scene();
      const no = await direct('ana', 'bob');
      await admit('root');
      await say('ana', no, 'hi');
      const react = (emoji: string) => messages.react(space, 'bob', { no, seq: 1 }, emoji, 'booking');
      expect(await codeOf(react('👍'))).toBe('not_permitted');
      await links.put(space, { userA: 'ana', userB: 'bob', kind: 'booking', status: 'confirmed' });
      expect(await codeOf(react('👍'))).toBe('answered');
      const root = { space, userId: 'root', admin: true };
      const mutedUntil = new Date(Date.now() + 3_600_000).toISOString();
      await moderation.updateMember(root, no, 'bob', { mutedUntil });
      expect(await codeOf(react('🎉'))).toBe('muted');
      await moderation.updateMember(root, no, 'bob', { mutedUntil: new Date(0).toISOString() });
      await moderation.updateConversation(root, no, { status: 'closed' });
      expect(await codeOf(react('🎉'))).toBe('closed');
      const { message } = await messages.unreact(space, 'bob', { no, seq: 1 }, '👍');
      expect(message).not.toHaveProperty('reactions');
    });

    it('are counted right when many come at once, on several nodes', async () => {
      const users = numbers(1, limits.reactorsNamedMax + 10).map((i) => `u${i}`);
      const { react, unreact, messages, other, key, space, no, history } = await scene(...users);
      await Promise.all(
        users.map((userId, i) => (i % 2 ? messages : other.messages).react(space, userId, key, '👍', 'always')),
      );
      const [full] = (await history.page(space, 'ana', no, { limit: 9 })).messages;
      const [before] = full?.reactions ?? [];
      expect(before?.count).toBe(users.length);
      expect(new Set(before?.userIds).size).toBe(limits.reactorsNamedMax);
      const [first = '', second = ''] = before?.userIds ?? [];
      // Who is no longer there makes room for the next one.
      const { message } = await unreact(first, '👍');
      expect(message.reactions?.[0]).toMatchObject({ count: users.length - 1 });
      expect(message.reactions?.[0]?.userIds).toHaveLength(limits.reactorsNamedMax);
      expect(message.reactions?.[0]?.userIds[0]).toBe(second);
      await Promise.all(users.map((userId) => unreact(userId, '👍')));
      expect((await react('bob', '👍')).message.reactions).toEqual([{ emoji: '👍', count: 1, userIds: ['bob'] }]);
    });

    it('take so many different emojis and no more', async () => {
      const { react } = await scene();
      for (const i of numbers(1, limits.emojisMax)) await react('bob', `:${i}:`);
      expect(await codeOf(react('ana', '🎉'))).toBe('limit_reached');
      expect((await react('ana', ':1:')).message.reactions).toHaveLength(limits.emojisMax);
    });
  });
}
