import { conversationId, limits, staffId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type Scene, sceneOn, type StoreStage } from './store-stage.ts';

/** Where the staff of a space are one member: its announcements and its support threads. */
export function staffConformance(where: string, openStage: () => Promise<StoreStage>): void {
  describe(`what the staff say, ${where}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await openStage();
    });
    afterAll(() => stage.close());
    const scene = async () => {
      const found = await sceneOn(stage);
      const as = (authorId: string) => ({ authorId });
      return {
        ...found,
        announce: async (admin: string, body: string) => {
          const { conversation } = await found.conversations.openAnnouncement(found.space);
          return found.say(staffId, conversation.no, body, as(admin));
        },
        thread: async (userId: string) => {
          await found.admit(userId);
          return (await found.conversations.openSupport(found.space, userId)).conversation.no;
        },
        answer: (agent: string, no: number, body: string) => found.say(staffId, no, body, as(agent)),
      };
    };
    const inboxOf = async ({ conversations, space }: Scene, userId: string) =>
      (await conversations.list(space, userId, { after: undefined, limit: limits.headsMax })).conversations;

    it('has one announcement conversation for each space, whoever asks first', async () => {
      const { space, conversations, other } = await scene();
      const opened = await Promise.all(
        [conversations, other.conversations, conversations, other.conversations].map((port) =>
          port.openAnnouncement(space),
        ),
      );
      expect(new Set(opened.map(({ conversation }) => conversation.no)).size).toBe(1);
      expect(opened.filter(({ created }) => created)).toHaveLength(1);
      expect(opened[0]?.conversation).toMatchObject({ kind: 'announcement', memberCount: 0, peerIds: undefined });
    });

    it('gives announcements to everybody: in lists, by id, in history, sync, and by position', async () => {
      const now = await scene();
      const { space, admit, announce, conversations, history, bodies } = now;
      await admit('ana');
      const { conversation } = await announce('boss', 'one');
      const { no } = conversation;
      await admit('late');
      for (const userId of ['ana', 'late']) {
        expect((await inboxOf(now, userId)).map(({ id, kind }) => [id, kind])).toEqual([
          [conversationId(no), 'announcement'],
        ]);
        expect(await bodies(userId, no)).toEqual([[1, 'one']]);
        expect((await conversations.page(space, userId, { offset: 0, limit: 5 })).total).toBe(1);
        const { messages, total } = await history.offset(space, userId, no, { offset: 0, limit: 5, order: 'asc' });
        expect([messages.map(({ body }) => body), total]).toEqual([['one'], 1]);
        const { conversations: synced } = await history.sync(space, userId, [{ no, seq: 0, rev: 0 }]);
        expect(synced).toMatchObject([{ status: 'ok', messages: [{ body: 'one', senderId: staffId }], more: false }]);
      }
      expect(await codeOf(history.page(space, 'nobody', no, { limit: 5 }))).toBe('not_found');
      const elsewhere = await scene();
      await elsewhere.admit('ana');
      expect(await inboxOf(elsewhere, 'ana')).toEqual([]);
      expect(await codeOf(history.page(elsewhere.space, 'ana', no, { limit: 5 }))).toBe('not_found');
    });

    it('counts announcements as unread from the creation of a user, and not those of their author', async () => {
      const { space, admit, announce, conversations, unread, receipts } = await scene();
      await admit('ana', 'boss');
      const { conversation } = await announce('boss', 'before');
      const { no } = conversation;
      await admit('late');
      const unreadOf = async (userId: string) => {
        const { conversation: seen } = await conversations.get(space, userId, no);
        const inAll = await conversations.list(space, userId, { after: undefined, limit: 5 });
        const total = await unread.total(space, userId);
        expect([inAll.unreadTotal, total]).toEqual([seen.unread, seen.unread]);
        return seen.unread;
      };
      expect(await unreadOf('late')).toBe(0);
      await announce('boss', 'after');
      expect([await unreadOf('ana'), await unreadOf('late'), await unreadOf('boss')]).toEqual([2, 1, 0]);
      expect(await receipts.read(space, 'ana', no, 1)).toEqual({ readSeq: 1, unread: 1, advanced: undefined });
      expect(await receipts.read(space, 'ana', no, 99)).toEqual({ readSeq: 2, unread: 0, advanced: undefined });
      expect(await receipts.read(space, 'ana', no, 1)).toMatchObject({ readSeq: 2, unread: 0 });
      expect([await unreadOf('ana'), await unreadOf('late')]).toEqual([0, 1]);
      expect(await receipts.deliver([{ space, userId: 'late', no, seq: 2 }])).toEqual([]);
    });

    it('lets nobody write announcements under their own name, and makes no acquaintances of their readers', async () => {
      const { space, admit, announce, say, receipts, conversations, log } = await scene();
      await admit('ana', 'bob');
      const { conversation } = await announce('boss', 'hear, hear');
      const { no } = conversation;
      await receipts.read(space, 'ana', no, 1);
      await receipts.read(space, 'bob', no, 1);
      expect(await codeOf(say('ana', no, 'me too'))).toBe('not_found');
      expect(await conversations.acquaintances(space, 'ana', ['bob', staffId])).toEqual([]);
      expect((await log.membership(no, ['ana', 'bob'])).present).toEqual(new Map());
    });

    it('has one support thread for each user, whoever opens it first', async () => {
      const { space, admit, conversations, other } = await scene();
      await admit('ana');
      const opened = await Promise.all(
        [conversations, other.conversations, conversations, other.conversations].map((port) =>
          port.openSupport(space, 'ana'),
        ),
      );
      expect(new Set(opened.map(({ conversation }) => conversation.no)).size).toBe(1);
      expect(opened.filter(({ created }) => created)).toHaveLength(1);
      expect(opened[0]?.conversation).toMatchObject({ kind: 'support', memberCount: 2, peerIds: ['ana', staffId] });
      expect(await codeOf(conversations.openSupport(space, 'nobody'))).toBe('not_found');
    });

    it('takes a clientId for that of its author: two agents who chose the same one both answer, once', async () => {
      const { thread, say, bodies } = await scene();
      const no = await thread('ana');
      const [clientId, second] = [
        '0b0b0b0b-0000-4000-8000-000000000001',
        '0b0b0b0b-0000-4000-8000-000000000002',
      ] as const;
      const answers = (authorId: string, body: string, id: string = clientId) =>
        say(staffId, no, body, { authorId, clientId: id });
      await answers('agent-x', 'coming');
      expect(await answers('agent-y', 'coming')).toMatchObject({ duplicate: false, message: { seq: 2 } });
      // Many at the same moment are stored together.
      const together = ['agent-x', 'agent-y', 'agent-x', 'agent-y'].map((id) => answers(id, `by ${id}`, second));
      const stored = await Promise.all([say('ana', no, 'please'), ...together, say('ana', no, 'thanks')]);
      expect(stored.filter(({ duplicate }) => duplicate)).toHaveLength(2);
      for (const [agent, seq] of [
        ['agent-x', 1],
        ['agent-y', 2],
      ] as const) {
        expect(await answers(agent, 'coming')).toMatchObject({ duplicate: true, message: { seq } });
        expect(await codeOf(answers(agent, 'another'))).toBe('conflict');
      }
      expect(await bodies(staffId, no)).toHaveLength(6);
    });

    it('shows the user nothing of who answered, and the staff who it was', async () => {
      const { space, thread, answer, say, history, conversations, unread, messages, receipts, search } = await scene();
      const no = await thread('ana');
      await say('ana', no, 'help');
      const clientId = '0b0b0b0b-0000-4000-8000-000000000001';
      await say(staffId, no, 'coming', { authorId: 'agent-x', clientId });
      await answer('agent-y', no, 'here');
      await messages.edit(space, staffId, { no, seq: 3 }, 'here I am', 'always', 'agent-y');
      await receipts.read(space, staffId, no, 1);
      const seenBy = async (userId: string) => [
        await history.page(space, userId, no, { limit: 9 }),
        await history.offset(space, userId, no, { offset: 0, limit: 9, order: 'desc' }),
        await history.sync(space, userId, [{ no, seq: 0, rev: 0 }]),
        await history.sync(space, userId, [{ no, seq: 3, rev: 1 }]),
        await conversations.get(space, userId, no),
        await conversations.list(space, userId, { after: undefined, limit: 9 }),
        await conversations.page(space, userId, { offset: 0, limit: 9 }),
        await conversations.members(space, userId, no, { after: undefined, limit: 9 }),
        await unread.messages(space, userId, { limit: 9 }),
        await unread.byConversation(space, userId, { limit: 9 }),
        await search.find(space, userId, { terms: ['here'], no, after: undefined, limit: 9 }),
      ];
      const ofUser = JSON.stringify(await seenBy('ana'));
      expect(ofUser).toContain('here I am');
      for (const secret of ['agent-x', 'agent-y', clientId]) expect(ofUser).not.toContain(secret);
      const { messages: page } = await history.page(space, staffId, no, { limit: 9 });
      expect(page.map(({ senderId }) => senderId)).toEqual(['ana', 'agent-x', 'agent-y']);
      const found = await search.find(space, staffId, { terms: ['here'], no, after: undefined, limit: 9 });
      expect(found.messages.map(({ senderId }) => senderId)).toEqual(['agent-y']);
      expect((await conversations.get(space, staffId, no)).conversation).toMatchObject({ peerId: 'ana', unread: 0 });
      expect((await conversations.get(space, 'ana', no)).conversation).toMatchObject({ peerId: staffId, unread: 2 });
    });

    it('finds announcements for everybody who searches, without their author', async () => {
      const { space, admit, announce, search } = await scene();
      await admit('ana');
      await announce('boss', 'the gym is closed on sunday');
      const { messages } = await search.find(space, 'ana', {
        terms: ['sunday'],
        no: undefined,
        after: undefined,
        limit: 9,
      });
      expect(messages.map(({ senderId }) => senderId)).toEqual([staffId]);
    });

    it('lets the staff close a thread, open it again and mute its user, and its user none of it', async () => {
      const { space, thread, answer, say, moderation } = await scene();
      const no = await thread('ana');
      const [user, agents] = [
        { space, userId: 'ana', admin: false },
        { space, userId: staffId, admin: false },
      ];
      for (const fields of [{ status: 'closed' }, { status: 'archived' }, { title: 'mine' }] as const) {
        expect(await codeOf(moderation.updateConversation(user, no, fields))).toBe('forbidden');
      }
      expect(await codeOf(moderation.updateConversation(agents, no, { title: 'ours' }))).toBe('forbidden');
      expect(await moderation.updateConversation(agents, no, { status: 'closed' })).toMatchObject({ changed: true });
      expect(await codeOf(answer('agent-x', no, 'too late'))).toBe('closed');
      await moderation.updateConversation(agents, no, { status: 'active' });
      const mutedUntil = new Date(Date.now() + 3_600_000).toISOString();
      expect(await codeOf(moderation.updateMember(user, no, staffId, { mutedUntil }))).toBe('forbidden');
      expect(await codeOf(moderation.updateMember(agents, no, 'ana', { role: 'owner' }))).toBe('forbidden');
      await moderation.updateMember(agents, no, 'ana', { mutedUntil });
      expect(await codeOf(say('ana', no, 'muted'))).toBe('muted');
      expect(await answer('agent-x', no, 'still here')).toMatchObject({ message: { body: 'still here' } });
    });

    it('counts for the staff what users wrote and none of them has read, over all threads', async () => {
      const now = await scene();
      const { space, thread, answer, say, receipts, announce } = now;
      const [a, b] = [await thread('ana'), await thread('bob')];
      await say('ana', a, 'one');
      await say('bob', b, 'one');
      await answer('agent-x', a, 'an answer reads nothing');
      await announce('boss', 'in no list of threads');
      const threads = await inboxOf(now, staffId);
      expect(threads.map(({ peerId, unread }) => [peerId, unread])).toEqual([
        ['ana', 1],
        ['bob', 1],
      ]);
      expect(await receipts.read(space, staffId, a, 2)).toMatchObject({
        unread: 0,
        advanced: { receipt: { userId: staffId, readSeq: 2 } },
      });
      expect((await inboxOf(now, staffId)).map(({ unread }) => unread)).toEqual([0, 1]);
    });

    it('numbers what two agents answer at the same instant, on two nodes, in one order', async () => {
      const { thread, said, messages, other, history, space } = await scene();
      const no = await thread('ana');
      await Promise.all([
        messages.append(said(staffId, no, 'x', { authorId: 'agent-x' })),
        other.messages.append(said(staffId, no, 'y', { authorId: 'agent-y' })),
      ]);
      const { messages: page } = await history.page(space, staffId, no, { limit: 9 });
      expect(page.map(({ seq }) => seq)).toEqual([1, 2]);
      expect(page.map(({ body, senderId }) => senderId === `agent-${body}`)).toEqual([true, true]);
    });

    it('lets only the author change what the staff said, and only in a thread that goes on', async () => {
      const { space, thread, answer, messages, conversations } = await scene();
      const no = await thread('ana');
      await answer('agent-x', no, 'mine');
      const key = { no, seq: 1 };
      expect(await codeOf(messages.edit(space, staffId, key, 'not mine', 'always', 'agent-y'))).toBe('forbidden');
      expect(await codeOf(messages.edit(space, 'ana', key, 'not mine', 'always'))).toBe('forbidden');
      expect(await messages.remove(space, staffId, key, false, 'agent-x')).toMatchObject({ authorId: 'agent-x' });
      const group = { role: 'member', history: 'all' } as const;
      expect(await codeOf(conversations.addMembers(space, 'ana', no, ['ana'], group))).toBe('forbidden');
      expect(await codeOf(conversations.removeMember(space, 'ana', no, staffId))).toBe('forbidden');
      expect(await codeOf(conversations.removeMember(space, 'ana', no, 'ana'))).toBe('forbidden');
    });

    it('moves a thread for its user and for the staff, and tells repair who wrote', async () => {
      const { thread, answer, log, announce } = await scene();
      const { position } = await log.moves(undefined);
      const no = await thread('ana');
      await answer('agent-x', no, 'hello');
      const announced = await announce('boss', 'hello all');
      const { moves } = await log.moves(position);
      expect(moves.findLast((move) => move.no === no)).toMatchObject({ kind: 'support', userIds: ['ana', staffId] });
      expect(moves.findLast((move) => move.no === announced.conversation.no)).toMatchObject({
        kind: 'announcement',
        userIds: [],
      });
      expect(await log.messages(no, 0, 1, 9)).toMatchObject([
        { message: { senderId: staffId, body: 'hello' }, authorId: 'agent-x' },
      ]);
    });
  });
}
