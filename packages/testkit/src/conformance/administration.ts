import { conversationId, parseConversationId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type StoreStage, sceneOn } from './store-stage.ts';

const [later, before] = ['2100-01-01T00:00:00.000Z', '2000-01-01T00:00:00.000Z'];
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** What every store promises about what the admins of a space do and see. */
export function administrationConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`administration: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    const scene = async () => {
      const set = await sceneOn(stage);
      const { space, users, other } = set;
      return {
        ...set,
        root: { space, userId: 'root' },
        isBanned: async (userId: string) => (await users.admit({ space, userId, role: 'user' })).banned,
        isBannedElsewhere: async (userId: string) =>
          (await other.users.standings([{ space, userId }])).map(({ banned }) => banned),
      };
    };

    it('bans for a time, for good and no longer, also who is not known yet, and tells it on every node', async () => {
      const { administration, admit, root, isBanned, isBannedElsewhere } = await scene();
      await admit('ana');
      const { ban, holds } = await administration.ban(root, 'ana', { reason: 'spam', until: later });
      expect({ ban, holds }).toEqual({
        ban: { userId: 'ana', reason: 'spam', until: later, byId: 'root', at: time },
        holds: true,
      });
      expect([await isBanned('ana'), await isBannedElsewhere('ana')]).toEqual([true, [true]]);
      expect((await administration.ban(root, 'ana', { until: before })).holds).toBe(false);
      expect([await isBanned('ana'), await isBannedElsewhere('ana')]).toEqual([false, [false]]);
      const forGood = await administration.ban(root, 'never-seen', {});
      expect(forGood.ban).toEqual({ userId: 'never-seen', byId: 'root', at: time });
      expect(await isBanned('never-seen')).toBe(true);
      expect([await administration.unban(root, 'never-seen'), await isBanned('never-seen')]).toEqual([true, false]);
      expect(await administration.unban(root, 'never-seen')).toBe(false);
    });

    it('bans in one space only', async () => {
      const [here, there] = [await scene(), await scene()];
      await here.administration.ban(here.root, 'ana', {});
      expect([await here.isBanned('ana'), await there.isBanned('ana')]).toEqual([true, false]);
      expect((await there.administration.bans(there.space, { offset: 0, limit: 5 })).total).toBe(0);
    });

    it('lists the bans that hold, by position, and counts them all', async () => {
      const { administration, root, space } = await scene();
      for (const userId of ['cy', 'ana', 'bob']) await administration.ban(root, userId, {});
      await administration.ban(root, 'dee', { until: before });
      const page = async (offset: number, limit: number) => {
        const { bans, total } = await administration.bans(space, { offset, limit });
        return [bans.map(({ userId }) => userId), total];
      };
      expect(await page(0, 2)).toEqual([['ana', 'bob'], 3]);
      expect(await page(2, 2)).toEqual([['cy'], 3]);
      expect(await page(9, 2)).toEqual([[], 3]);
    });

    it('keeps who did what to whom and when, newest first, page by page, for this space alone', async () => {
      const { administration, users, root, space } = await scene();
      const elsewhere = await scene();
      await administration.ban(root, 'ana', { reason: 'spam', until: later });
      await administration.ban({ space, userId: 'eve' }, 'bob', {});
      await elsewhere.administration.ban(elsewhere.root, 'ana', {});
      await administration.unban(root, 'nobody');
      await administration.unban(root, 'ana');
      await users.revoke(space, 'ana', 'root');
      const all = await administration.audit(space, { limit: 9 });
      const entry = { no: expect.any(Number), at: time, byId: 'root', userId: 'ana' };
      expect(all).toEqual({
        more: false,
        entries: [
          { ...entry, deed: 'user.revoke' },
          { ...entry, deed: 'user.unban' },
          { ...entry, deed: 'user.ban', byId: 'eve', userId: 'bob' },
          { ...entry, deed: 'user.ban', reason: 'spam', until: later },
        ],
      });
      const first = await administration.audit(space, { limit: 3 });
      expect(first).toEqual({ entries: all.entries.slice(0, 3), more: true });
      const rest = await administration.audit(space, { before: first.entries[2]?.no ?? 0, limit: 3 });
      expect(rest).toEqual({ entries: all.entries.slice(3), more: false });
      const only = async (wanted: object) => (await administration.audit(space, { ...wanted, limit: 9 })).entries;
      expect(await only({ byId: 'eve' })).toEqual(all.entries.slice(2, 3));
      expect(await only({ userId: 'ana', deed: 'user.ban' })).toEqual(all.entries.slice(3));
    });

    it('pages over all conversations of the space, the newest made first, by status, position and cursor', async () => {
      const { administration, moderation, direct, group, root, space } = await scene();
      const elsewhere = await scene();
      await elsewhere.direct('ana', 'bob');
      const [first, second, third] = [await direct('ana', 'bob'), await group('ana', 'cy'), await direct('bob', 'cy')];
      const page = async (wanted: object = {}) => {
        const found = await administration.conversations(space, { offset: 0, limit: 9, ...wanted });
        return [found.conversations.map(({ id }) => parseConversationId(id)), found.total];
      };
      expect(await page()).toEqual([[third, second, first], 3]);
      expect(await page({ limit: 1, offset: 1 })).toEqual([[second], 3]);
      expect(await page({ offset: 5 })).toEqual([[], 3]);
      expect(await page({ beforeNo: second })).toEqual([[first], 3]);
      await moderation.updateConversation({ ...root, admin: true }, second, { status: 'closed' });
      expect(await page({ status: 'closed' })).toEqual([[second], 1]);
      const { conversations } = await administration.conversations(space, { offset: 0, limit: 9 });
      expect(conversations).toMatchObject([
        { kind: 'direct', status: 'active', peerIds: ['bob', 'cy'], memberCount: 2, lastSeq: 0 },
        { kind: 'group', status: 'closed', title: 'A group', memberCount: 2 },
        { kind: 'direct', peerIds: ['ana', 'bob'] },
      ]);
    });

    it('shows an admin any conversation of the space, and each reading is in the log', async () => {
      const { administration, say, direct, root, space } = await scene();
      const elsewhere = await scene();
      const no = await direct('ana', 'bob');
      for (const body of ['one', 'two', 'three']) await say('ana', no, body);
      const read = async (range: object) => {
        const { messages, more } = await administration.history(root, no, { limit: 2, ...range });
        return [messages.map(({ body }) => body), more];
      };
      expect(await read({})).toEqual([['two', 'three'], true]);
      expect(await read({ beforeSeq: 2 })).toEqual([['one'], false]);
      expect(await read({ afterSeq: 0 })).toEqual([['one', 'two'], true]);
      expect(await read({ afterSeq: 3 })).toEqual([[], false]);
      expect(await codeOf(administration.history(elsewhere.root, no, { limit: 1 }))).toBe('not_found');
      const { entries } = await administration.audit(space, { limit: 9 });
      const reading = { deed: 'moderation.history', byId: 'root', conversationId: conversationId(no) };
      expect(entries).toMatchObject([reading, reading, reading, reading]);
      expect((await administration.audit(elsewhere.space, { limit: 9 })).entries).toEqual([]);
    });

    it('gives an admin whole pages of what is not deleted by position, each of them one reading', async () => {
      const { administration, messages, say, direct, root, space } = await scene();
      const no = await direct('ana', 'bob');
      for (const body of ['one', 'two', 'three', 'four', 'five']) await say('ana', no, body);
      for (const seq of [2, 5]) await messages.remove(space, 'ana', { no, seq });
      const page = async (offset: number) => {
        const read = await administration.history(root, no, { offset, limit: 2 });
        return [read.messages.map(({ body }) => body), read.more];
      };
      expect(await page(0)).toEqual([['three', 'four'], true]);
      expect(await page(2)).toEqual([['one'], false]);
      expect(await page(3)).toEqual([[], false]);
      expect((await administration.audit(space, { limit: 9 })).entries).toHaveLength(3);
    });

    it('shows an admin which messages of two were read, by whom, and since when', async () => {
      const { administration, receipts, say, direct, group, root, space } = await scene();
      const read = async (no: number) => (await administration.history(root, no, { limit: 9 })).receipts;
      const no = await direct('ana', 'bob');
      const [first] = [await say('ana', no, 'one'), await say('ana', no, 'two'), await say('bob', no, 'three')];
      expect(await read(no)).toEqual([]);
      await receipts.read(space, 'bob', no, 1);
      expect(await read(no)).toEqual([{ messageId: first.message.id, userId: 'bob', readAt: time }]);
      const many = await group('ana', 'bob');
      await say('ana', many, 'to all');
      await receipts.read(space, 'bob', many, 1);
      expect(await read(many)).toEqual([]);
    });

    it("lets an admin delete anybody's message, closed conversations included, and keeps who did", async () => {
      const { administration, messages, moderation, say, bodies, group, root, space } = await scene();
      const elsewhere = await scene();
      const no = await group('ana', 'bob');
      for (const body of ['one', 'two']) await say('ana', no, body);
      const remove = (by: string, seq: number, admin: boolean, where = space) =>
        messages.remove(where, by, { no, seq }, admin);
      await moderation.updateConversation({ ...root, admin: true }, no, { status: 'closed' });
      expect(await codeOf(remove('bob', 1, false))).toBe('forbidden');
      expect(await codeOf(remove('root', 1, false))).toBe('not_found');
      expect(await codeOf(remove('root', 1, true, elsewhere.space))).toBe('not_found');
      expect(await codeOf(remove('root', 3, true))).toBe('not_found');
      const removed = await remove('root', 1, true);
      expect(removed).toMatchObject({ changed: true, message: { body: '', deletedAt: time } });
      expect(await remove('root', 1, true)).toMatchObject({ changed: false });
      await remove('ana', 2, false);
      expect(await bodies('bob', no)).toEqual([
        [1, ''],
        [2, ''],
      ]);
      const { entries } = await administration.audit(space, { deed: 'message.delete', limit: 9 });
      expect(entries).toMatchObject([{ byId: 'root', userId: 'ana', messageId: removed.message.id }]);
      expect(entries).toHaveLength(1);
    });

    it('keeps what admins of the space change in conversations, and nothing that members do', async () => {
      const { administration, moderation, group, root, space } = await scene();
      const no = await group('ana', 'bob');
      const admin = { ...root, admin: true };
      await moderation.updateConversation({ space, userId: 'ana', admin: false }, no, { title: 'Ours' });
      for (const _ of [1, 2]) await moderation.updateConversation(admin, no, { title: 'Theirs', status: 'archived' });
      await moderation.updateMember(admin, no, 'bob', { role: 'admin', mutedUntil: later });
      const { entries } = await administration.audit(space, { limit: 9 });
      const entry = { no: expect.any(Number), at: time, byId: 'root', conversationId: conversationId(no) };
      expect(entries).toEqual([
        { ...entry, deed: 'member.update', userId: 'bob', role: 'admin', until: later },
        { ...entry, deed: 'conversation.update', title: 'Theirs', status: 'archived' },
      ]);
    });
  });
}
