import type { Actor } from '@parley/core';
import { conversationId } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { raceUntilRefused } from '../race.ts';
import { codeOf, numbers, type StoreStage, sceneOn, sendersOf } from './store-stage.ts';

const [later, before] = ['2100-01-01T00:00:00.000Z', '2000-01-01T00:00:00.000Z'];

/** What every store promises about who may change a conversation, and what may still be done in it. */
export function moderationConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`moderation: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    const scene = async () => {
      const set = await sceneOn(stage);
      const as = (userId: string): Actor => ({ space: set.space, userId, admin: userId === 'root' });
      return { ...set, as };
    };

    it('lets owners and admins rename a group, and a client that was away learn it', async () => {
      const { moderation, conversations, history, group, admit, as, space } = await scene();
      const no = await group('ana', 'bob');
      await admit('eve');
      const { rev } = await conversations.facts(space, 'bob', no);
      for (const [who, code] of [
        ['bob', 'forbidden'],
        ['eve', 'not_found'],
      ] as const) {
        expect(await codeOf(moderation.updateConversation(as(who), no, { title: 'Mine' }))).toBe(code);
      }
      const renamed = await moderation.updateConversation(as('ana'), no, { title: 'Ours' });
      expect(renamed).toMatchObject({ changed: true, conversation: { title: 'Ours', rev: rev + 1 }, members: [] });
      expect(await moderation.updateConversation(as('ana'), no, { title: 'Ours' })).toMatchObject({ changed: false });
      const { conversations: synced } = await history.sync(space, 'bob', [{ no, seq: 0, rev }]);
      expect(synced).toMatchObject([{ id: conversationId(no), rev: rev + 1, conversation: { title: 'Ours' } }]);
    });

    it('tells a new title or status beside a later change of something else', async () => {
      const { moderation, conversations, log, messages, say, group, as, space } = await scene();
      const no = await group('ana', 'bob');
      await say('ana', no, 'one');
      const { rev } = await conversations.facts(space, 'ana', no);
      await moderation.updateConversation(as('ana'), no, { status: 'archived' });
      const edited = await messages.edit(space, 'ana', { no, seq: 1 }, 'two', 'always');
      expect(await log.changes(no, rev)).toMatchObject({ factsChanged: true, conversation: { status: 'archived' } });
      expect(await log.changes(no, edited.rev)).toMatchObject({ factsChanged: false });
    });

    it('refuses new messages and edits in a closed conversation, but no system message and no reading', async () => {
      const { moderation, messages, receipts, say, bodies, direct, admit, as, space } = await scene();
      const no = await direct('ana', 'bob');
      await admit('root');
      await say('ana', no, 'hello');
      const set = (who: string, status: 'active' | 'archived' | 'closed') =>
        moderation.updateConversation(as(who), no, { status });
      expect(await codeOf(set('ana', 'closed'))).toBe('forbidden');
      await set('bob', 'archived');
      await say('ana', no, 'still open');
      await set('root', 'closed');
      for (const status of ['active', 'archived'] as const) expect(await codeOf(set('ana', status))).toBe('forbidden');
      expect(await codeOf(say('bob', no, 'more'))).toBe('closed');
      expect(await codeOf(messages.edit(space, 'ana', { no, seq: 1 }, 'changed', 'always'))).toBe('closed');
      await say('ana', no, 'closed by root', { kind: 'system' });
      expect(await receipts.read(space, 'bob', no, 3)).toMatchObject({ readSeq: 3 });
      expect((await messages.remove(space, 'ana', { no, seq: 2 })).changed).toBe(true);
      expect(await bodies('bob', no)).toEqual([
        [1, 'hello'],
        [2, ''],
        [3, 'closed by root'],
      ]);
      await set('root', 'active');
      expect((await say('bob', no, 'again')).message.seq).toBe(4);
    });

    it('stores nothing on any node once closing was answered, whatever raced with it', async () => {
      const { moderation, messages, other, said, history, group, as, space } = await scene();
      const no = await group('ana', 'bob');
      const racing = sendersOf([messages, other.messages], [said('ana', no, 'more'), said('bob', no, 'more')]);
      const headSeen = async () => (await history.page(space, 'ana', no, { limit: 1 })).lastSeq;
      for (const round of numbers(1, 20)) {
        const { stopped, seqs, codes } = await raceUntilRefused({
          senders: racing,
          after: round % 8,
          stop: () => moderation.updateConversation(as('ana'), no, { status: 'closed' }).then(headSeen),
        });
        // What the log holds when the closing is answered is all that it will ever hold of this round.
        for (const seq of seqs) expect(seq).toBeLessThanOrEqual(stopped);
        expect(codes).toEqual(racing.map(() => 'closed'));
        expect(await headSeen()).toBe(stopped);
        await other.moderation.updateConversation(as('ana'), no, { status: 'active' });
      }
    });

    it('hands a group over, and always keeps an owner', async () => {
      const { moderation, group, as } = await scene();
      const no = await group('ana', 'bob', 'cy');
      const give = (by: string, userId: string, role: 'owner' | 'admin' | 'member') =>
        moderation.updateMember(as(by), no, userId, { role });
      expect(await codeOf(give('ana', 'ana', 'member'))).toBe('forbidden');
      expect(await codeOf(give('bob', 'bob', 'owner'))).toBe('forbidden');
      expect(await codeOf(give('ana', 'nobody', 'owner'))).toBe('not_found');
      expect(await give('ana', 'bob', 'owner')).toMatchObject({ changed: true, members: [{ role: 'owner' }] });
      await give('ana', 'ana', 'member');
      expect(await codeOf(give('ana', 'cy', 'admin'))).toBe('forbidden');
      expect(await give('bob', 'cy', 'admin')).toMatchObject({ members: [{ userId: 'cy', role: 'admin' }] });
    });

    it('refuses the messages and edits of a muted member until the time has come, and nobody else', async () => {
      const { moderation, messages, say, group, as, space } = await scene();
      const no = await group('ana', 'bob', 'cy');
      const mute = (by: string, userId: string, mutedUntil: string) =>
        moderation.updateMember(as(by), no, userId, { mutedUntil });
      await say('bob', no, 'hello');
      expect(await codeOf(mute('bob', 'cy', later))).toBe('forbidden');
      await moderation.updateMember(as('ana'), no, 'cy', { role: 'admin' });
      expect(await codeOf(mute('cy', 'ana', later))).toBe('forbidden');
      expect(await mute('cy', 'bob', later)).toMatchObject({ members: [{ userId: 'bob', mutedUntil: later }] });
      const answers = await Promise.all(['bob', 'ana', 'bob', 'cy'].map((who) => codeOf(say(who, no, 'more'))));
      expect(answers).toEqual(['muted', 'answered', 'muted', 'answered']);
      expect(await codeOf(messages.edit(space, 'bob', { no, seq: 1 }, 'changed', 'always'))).toBe('muted');
      expect((await mute('root', 'bob', before)).members[0]).not.toHaveProperty('mutedUntil');
      await say('bob', no, 'again');
    });
  });
}
