import { Failure } from '@parley/core';
import { conversationId, limits } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

const asMember = { role: 'member', history: 'none' } as const;

/** What every store of conversations promises, whatever it stands on. */
export function conversationsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`conversations: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    it('has one direct conversation for two users, whoever asks, and however many at once', async () => {
      const { admit, conversations, other, space } = await scene();
      await admit('ana', 'bob');
      const opened = await Promise.all(
        numbers(1, 8).map((i) => {
          const node = i % 2 ? conversations : other.conversations;
          return i % 3
            ? node.openDirect(space, 'ana', 'bob', 'always')
            : node.openDirect(space, 'bob', 'ana', 'always');
        }),
      );
      expect(new Set(opened.map(({ conversation }) => conversation.no)).size).toBe(1);
      expect(opened.filter(({ created }) => created)).toHaveLength(1);
      expect(opened[0]?.conversation).toMatchObject({
        kind: 'direct',
        memberCount: 2,
        lastSeq: 0,
        peerIds: ['ana', 'bob'],
      });
    });

    it('opens nothing with a stranger, with oneself, or across spaces', async () => {
      const { admit, conversations, users, space } = await scene();
      await admit('ana');
      await users.admit({ space: `${space}-2`, userId: 'zoe', role: 'user' });
      expect(await codeOf(conversations.openDirect(space, 'ana', 'zoe', 'always'))).toBe('not_found');
      expect(await codeOf(conversations.openDirect(space, 'ana', 'ana', 'always'))).toBe('invalid');
    });

    it('makes a group whose maker owns it', async () => {
      const { admit, conversations, space } = await scene();
      await admit('ana', 'bob', 'cy');
      const made = await conversations.createGroup(space, 'ana', 'Tea "and" cake', ['bob', 'cy', 'bob', 'ana']);
      expect(made.conversation).toMatchObject({
        kind: 'group',
        title: 'Tea "and" cake',
        memberCount: 3,
        rev: 1,
        peerIds: undefined,
      });
      expect(made.members.map(({ userId, role, fromSeq }) => [userId, role, fromSeq])).toEqual([
        ['ana', 'owner', 0],
        ['bob', 'member', 0],
        ['cy', 'member', 0],
      ]);
    });

    it('names the members that nobody knows, and makes nothing', async () => {
      const { admit, conversations, space } = await scene();
      await admit('ana', 'bob');
      const failure = await conversations
        .createGroup(space, 'ana', 'Group', ['bob', 'nemo', 'nix'])
        .catch((e: unknown) => e);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).toMatchObject({ code: 'not_found' });
      expect(JSON.stringify((failure as Failure).details)).toMatch(/nemo.*nix/);
      expect((await conversations.list(space, 'ana', { after: undefined, limit: 10 })).conversations).toEqual([]);
    });

    it('lets owners and admins add members, each time under a new rev and membership version', async () => {
      const { group, admit, conversations, say, space } = await scene();
      const no = await group('ana', 'bob');
      await admit('cy', 'dee', 'eve');
      await say('ana', no, 'one');
      const before = await conversations.facts(space, 'ana', no);
      const added = await conversations.addMembers(space, 'ana', no, ['cy', 'bob'], { role: 'admin', history: 'none' });
      expect(added.members).toEqual([{ userId: 'cy', role: 'admin', fromSeq: 1, readSeq: 1, deliveredSeq: 1 }]);
      expect(added.conversation).toMatchObject({
        memberCount: 3,
        rev: before.rev + 1,
        membershipVersion: before.membershipVersion + 1,
      });
      const all = await conversations.addMembers(space, 'cy', no, ['dee'], { role: 'member', history: 'all' });
      expect(all.members).toEqual([{ userId: 'dee', role: 'member', fromSeq: 0, readSeq: 0, deliveredSeq: 0 }]);
      const nobody = await conversations.addMembers(space, 'ana', no, ['cy', 'dee'], asMember);
      expect(nobody).toEqual({ conversation: all.conversation, members: [] });
      expect(await codeOf(conversations.addMembers(space, 'bob', no, ['eve'], asMember))).toBe('forbidden');
      expect(await codeOf(conversations.addMembers(space, 'eve', no, ['eve'], asMember))).toBe('not_found');
      expect(await codeOf(conversations.addMembers(space, 'ana', no, ['nemo'], asMember))).toBe('not_found');
      expect(await codeOf(conversations.addMembers(space, 'cy', no, ['eve'], { role: 'owner', history: 'none' }))).toBe(
        'forbidden',
      );
    });

    it('keeps a direct conversation to its two users', async () => {
      const { direct, admit, conversations, space } = await scene();
      const no = await direct('ana', 'bob');
      await admit('cy');
      expect(await codeOf(conversations.addMembers(space, 'ana', no, ['cy'], asMember))).toBe('forbidden');
      expect(await codeOf(conversations.removeMember(space, 'ana', no, 'bob'))).toBe('forbidden');
    });

    it('ends a membership at the head, and shows who is gone nothing newer', async () => {
      const { group, conversations, say, space } = await scene();
      const no = await group('ana', 'bob');
      await say('ana', no, 'one');
      const { conversation, members } = await conversations.removeMember(space, 'ana', no, 'bob');
      expect(members).toEqual([expect.objectContaining({ userId: 'bob', untilSeq: 1 })]);
      expect(conversation.memberCount).toBe(1);
      await say('ana', no, 'two');
      const seen = (await conversations.get(space, 'bob', no)).conversation;
      expect(seen).toMatchObject({ untilSeq: 1, lastSeq: 1, unread: 1, lastMessage: { seq: 1 } });
      expect(await codeOf(conversations.facts(space, 'bob', no))).toBe('not_member');
      expect(await codeOf(conversations.members(space, 'bob', no, { after: undefined, limit: 5 }))).toBe('not_member');
      expect(await codeOf(conversations.removeMember(space, 'bob', no, 'ana'))).toBe('not_member');
      expect((await conversations.list(space, 'bob', { after: undefined, limit: 5 })).conversations).toEqual([]);
      const again = await conversations.removeMember(space, 'ana', no, 'bob');
      expect(again.members[0]?.untilSeq).toBe(1);
      expect(again.conversation.rev).toBe(conversation.rev);
    });

    it('lets everybody leave, and members remove nobody else', async () => {
      const { group, admit, conversations, space } = await scene();
      const no = await group('ana', 'bob', 'cy');
      await admit('eve');
      expect(await codeOf(conversations.removeMember(space, 'bob', no, 'cy'))).toBe('forbidden');
      expect(await codeOf(conversations.removeMember(space, 'ana', no, 'eve'))).toBe('not_found');
      expect((await conversations.removeMember(space, 'bob', no, 'bob')).members[0]?.userId).toBe('bob');
    });

    it('keeps its last owner while others remain', async () => {
      const { group, conversations, space } = await scene();
      const no = await group('ana', 'bob');
      expect(await codeOf(conversations.removeMember(space, 'ana', no, 'ana'))).toBe('forbidden');
      await conversations.removeMember(space, 'ana', no, 'bob');
      expect((await conversations.removeMember(space, 'ana', no, 'ana')).conversation.memberCount).toBe(0);
    });

    it('gives who comes back a new interval, and never takes back what they read', async () => {
      const { group, conversations, receipts, say, bodies, space } = await scene();
      const no = await group('ana', 'bob');
      for (const i of numbers(1, 3)) await say('ana', no, `${i}`);
      await receipts.read(space, 'bob', no, 2);
      await conversations.removeMember(space, 'ana', no, 'bob');
      for (const i of numbers(4, 6)) await say('ana', no, `${i}`);
      const back = await conversations.addMembers(space, 'ana', no, ['bob'], asMember);
      expect(back.members).toEqual([{ userId: 'bob', role: 'member', fromSeq: 6, readSeq: 6, deliveredSeq: 6 }]);
      await say('ana', no, '7');
      expect(await bodies('bob', no)).toEqual([[7, '7']]);
      await conversations.removeMember(space, 'ana', no, 'bob');
      const whole = await conversations.addMembers(space, 'ana', no, ['bob'], { role: 'member', history: 'all' });
      expect(whole.members[0]).toMatchObject({ fromSeq: 0, readSeq: 6 });
      expect(await bodies('bob', no)).toHaveLength(7);
    });

    it('takes no more members than the limit', async () => {
      const { group, users, conversations, space } = await scene();
      const no = await group('ana');
      const crowd = numbers(1, limits.membersMax).map((i) => `user-${i}`);
      await Promise.all(crowd.map((userId) => users.admit({ space, userId, role: 'user' })));
      const add = (from: number, to: number) =>
        conversations.addMembers(space, 'ana', no, crowd.slice(from, to), asMember);
      for (const at of numbers(0, 9)) await add(at * 500, Math.min(at * 500 + 500, limits.membersMax - 1));
      expect((await conversations.facts(space, 'ana', no)).memberCount).toBe(limits.membersMax);
      expect(await codeOf(add(limits.membersMax - 1, limits.membersMax))).toBe('limit_reached');
      expect((await conversations.facts(space, 'ana', no)).memberCount).toBe(limits.membersMax);
    });

    it('lists the conversations of a user, the most recent first, page by page', async () => {
      const { direct, say, conversations, space } = await scene();
      const nos: number[] = [];
      for (const i of numbers(1, 7)) nos.push(await direct('ana', `peer-${i}`));
      for (const no of [...nos].reverse()) await say('ana', no, `in ${no}`);
      const ids = nos.map(conversationId);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await conversations.list(space, 'ana', { after, limit: 3 });
        seen.push(...page.conversations.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(ids);
      const whole = await conversations.list(space, 'ana', { after: undefined, limit: 7 });
      expect(whole).toMatchObject({ next: undefined, unreadTotal: 0 });
      expect(whole.conversations[0]).toMatchObject({
        peerId: 'peer-1',
        lastMessage: { body: `in ${nos[0]}` },
        unread: 0,
      });
    });

    it('leaves out last messages of a page that would be too long, and no conversation', async () => {
      const { direct, say, conversations, space } = await scene();
      for (const i of numbers(1, 40))
        await say('ana', await direct('ana', `peer-${i}`), 'x'.repeat(limits.bodyCharsMax));
      const inbox = await conversations.list(space, 'ana', { after: undefined, limit: 40 });
      expect(inbox.conversations).toHaveLength(40);
      expect(inbox.conversations[0]?.lastMessage?.body).toHaveLength(limits.bodyCharsMax);
      expect(JSON.stringify(inbox).length).toBeLessThan(300_000);
    });

    it('goes on with a cursor although conversations have moved, and refuses a foreign one', async () => {
      const { direct, say, conversations, space } = await scene();
      const nos: number[] = [];
      for (const i of numbers(1, 6)) nos.push(await direct('ana', `peer-${i}`));
      const first = await conversations.list(space, 'ana', { after: undefined, limit: 2 });
      await say('ana', nos[0] ?? 0, 'to the top');
      const second = await conversations.list(space, 'ana', { after: first.next, limit: 10 });
      expect(second.conversations.map(({ peerId }) => peerId)).toEqual(['peer-4', 'peer-3', 'peer-2']);
      for (const after of ['', 'nonsense', Buffer.from('1 2').toString('base64url')]) {
        expect(await codeOf(conversations.list(space, 'ana', { after, limit: 2 }))).toBe('invalid');
      }
    });

    it('counts what is unread: of others, not deleted, no system message, within the membership', async () => {
      const { group, direct, say, messages, conversations, admit, space } = await scene();
      const no = await group('ana', 'bob');
      await say('ana', no, 'before cy');
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], asMember);
      await say('ana', no, 'one');
      await say('cy', no, 'my own');
      await say('bob', no, 'two');
      await say('bob', no, 'deleted');
      await messages.remove(space, 'bob', { no, seq: 5 });
      await say('ana', no, 'a note', { kind: 'system' });
      expect((await conversations.get(space, 'cy', no)).conversation.unread).toBe(2);
      const with_ = await direct('cy', 'dee');
      await say('dee', with_, 'hi');
      const inbox = await conversations.list(space, 'cy', { after: undefined, limit: 10 });
      expect(inbox.conversations.map(({ unread }) => unread)).toEqual([1, 2]);
      expect(inbox.unreadTotal).toBe(3);
    });

    it('counts no further than the cap', async () => {
      const { direct, say, conversations, receipts, space } = await scene();
      const [no, second] = [await direct('ana', 'bob'), await direct('ana', 'cy')];
      await Promise.all(numbers(1, limits.unreadMax + 2).map((i) => say('bob', no, `${i}`)));
      await say('cy', second, 'hi');
      const inbox = await conversations.list(space, 'ana', { after: undefined, limit: 10 });
      expect(inbox.conversations.map(({ unread }) => unread)).toEqual([1, limits.unreadMax]);
      expect(inbox.unreadTotal).toBe(limits.unreadMax);
      expect(await receipts.read(space, 'ana', no, 3)).toMatchObject({ unread: limits.unreadMax - 1 });
    });

    it('shows a newcomer without history no last message from before', async () => {
      const { group, say, conversations, admit, space } = await scene();
      const no = await group('ana', 'bob');
      await say('ana', no, 'before');
      await admit('cy');
      await conversations.addMembers(space, 'ana', no, ['cy'], asMember);
      const { conversation } = await conversations.get(space, 'cy', no);
      expect(conversation).toMatchObject({ fromSeq: 1, lastSeq: 1, unread: 0 });
      expect(conversation.lastMessage).toBeUndefined();
      expect(await codeOf(conversations.get(space, 'nobody', no))).toBe('not_found');
    });

    it('pages the members by their ids', async () => {
      const { group, conversations, space } = await scene();
      const no = await group('B', 'a', 'c', 'ä', 'Z');
      const first = await conversations.members(space, 'a', no, { after: undefined, limit: 3 });
      expect(first.map(({ userId }) => userId)).toEqual(['B', 'Z', 'a']);
      const rest = await conversations.members(space, 'a', no, { after: 'a', limit: 3 });
      expect(rest.map(({ userId }) => userId)).toEqual(['c', 'ä']);
      expect(await codeOf(conversations.members(space, 'nobody', no, { after: undefined, limit: 3 }))).toBe(
        'not_found',
      );
    });

    it('knows who shares a conversation with a user now', async () => {
      const { group, direct, conversations, admit, space } = await scene();
      await direct('ana', 'bob');
      const no = await group('ana', 'cy', 'dee');
      await admit('eve');
      await conversations.removeMember(space, 'ana', no, 'dee');
      const known = await conversations.acquaintances(space, 'ana', ['eve', 'dee', 'cy', 'nemo', 'bob']);
      expect([...known].sort()).toEqual(['bob', 'cy']);
      expect(await conversations.acquaintances(`${space}-2`, 'ana', ['bob'])).toEqual([]);
    });
  });
}
