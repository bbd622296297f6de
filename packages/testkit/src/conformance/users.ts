import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numbers, type Scene, type StoreStage, sceneOn } from './store-stage.ts';

const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const times = { createdAt: time, updatedAt: time };

/** What every store of users promises, whatever it stands on. */
export function usersConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`users: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());
    const scene = (): Promise<Scene> => sceneOn(stage);

    it('makes a user exist, in its space only', async () => {
      const { users, conversations, space } = await scene();
      await users.admit({ space, userId: 'ana', role: 'user' });
      await users.admit({ space, userId: 'bob', role: 'agent', name: 'Bob' });
      expect((await conversations.openDirect(space, 'ana', 'bob', 'always')).created).toBe(true);
      expect(await users.standings([{ space: `${space}-2`, userId: 'ana' }])).toEqual([]);
    });

    it('fills what is not set by claims, and lets the host application win', async () => {
      const { users, space } = await scene();
      const claim = (fields: object) => users.admit({ space, userId: 'ana', role: 'user', ...fields });
      await claim({ name: 'Ana' });
      await claim({ name: 'Other', email: 'ana@example.org', role: 'admin' });
      expect(await users.put(space, 'ana', {})).toEqual({
        userId: 'ana',
        name: 'Ana',
        email: 'ana@example.org',
        role: 'user',
        active: true,
        ...times,
      });
      await users.put(space, 'ana', { name: 'Ana B.', role: 'agent' });
      await claim({ name: 'Again' });
      expect(await users.put(space, 'ana', {})).toMatchObject({
        name: 'Ana B.',
        email: 'ana@example.org',
        role: 'agent',
      });
    });

    it('fills each field of a profile on its own, and keeps what the host application said', async () => {
      const { users, space } = await scene();
      const said = { firstName: 'Ana', lastName: 'Bel', avatarUrl: 'https://cdn.example/ana.png' };
      await users.admit({ space, userId: 'ana', role: 'user', firstName: 'Ana' });
      await users.admit({ space, userId: 'ana', role: 'user', ...said, firstName: 'Other' });
      expect(await users.find(space, 'ana')).toEqual({ userId: 'ana', role: 'user', active: true, ...said, ...times });
      await users.put(space, 'ana', { avatarUrl: 'https://cdn.example/2.png' });
      await users.admit({ space, userId: 'ana', role: 'user', ...said });
      expect(await users.find(space, 'ana')).toMatchObject({ ...said, avatarUrl: 'https://cdn.example/2.png' });
      expect(await users.find(space, 'nobody')).toBeUndefined();
      expect(await users.find(`${space}-2`, 'ana')).toBeUndefined();
    });

    it('keeps since when a user is there, and when what is said of them changed: not when they were only seen', async () => {
      const { users, space } = await scene();
      await users.admit({ space, userId: 'ana', role: 'user', name: 'Ana' });
      const made = await users.put(space, 'ana', {});
      expect(made.updatedAt).toBe(made.createdAt);
      let changed = made;
      // Two times may be one millisecond.
      for (let i = 0; i < 1_000 && changed.updatedAt === made.updatedAt; i += 1) {
        changed = await users.put(space, 'ana', { name: `Ana ${i}` });
      }
      expect(changed.updatedAt).not.toBe(made.updatedAt);
      expect(changed.createdAt).toBe(made.createdAt);
      await users.seen([{ space, userId: 'ana', at: new Date() }]);
      await users.admit({ space, userId: 'ana', role: 'user', name: 'Again' });
      await users.put(space, 'ana', { name: changed.name ?? '' });
      expect(await users.find(space, 'ana')).toEqual(changed);
    });

    it('lists users by id, by position, by role and standing, and counts them all', async () => {
      const { users, admit, space } = await scene();
      await admit('dan', 'ana', 'cleo', 'Bob');
      await users.put(space, 'eve', { role: 'agent' });
      await users.put(space, 'ana', { active: false });
      await users.put(`${space}-2`, 'foreign', {});
      const list = async (wanted: object) => {
        const { users: found, total } = await users.list(space, { offset: 0, limit: 9, ...wanted });
        return [found.map(({ userId }) => userId), total];
      };
      expect(await list({})).toEqual([['Bob', 'ana', 'cleo', 'dan', 'eve'], 5]);
      expect(await list({ offset: 1, limit: 2 })).toEqual([['ana', 'cleo'], 5]);
      expect(await list({ offset: 5 })).toEqual([[], 5]);
      expect(await list({ role: 'agent' })).toEqual([['eve'], 1]);
      expect(await list({ role: 'user', active: true })).toEqual([['Bob', 'cleo', 'dan'], 3]);
      expect(await list({ active: false })).toEqual([['ana'], 1]);
      expect(await list({ role: 'admin' })).toEqual([[], 0]);
    });

    it('lists for one user only those who share a conversation or link with them now, and agents where it is asked', async () => {
      const { users, links, admit, direct, group, conversations, space } = await scene();
      await direct('ana', 'bob');
      const no = await group('ana', 'cleo', 'dan');
      await conversations.removeMember(space, 'ana', no, 'dan');
      await direct('bob', 'eve');
      await admit('fay');
      await users.put(space, 'gus', { role: 'agent' });
      await links.put(space, { userA: 'hal', userB: 'fay', kind: 'booking', status: 'confirmed' });
      await links.put(space, { userA: 'fay', userB: 'dan', kind: 'booking', status: 'cancelled' });
      await admit('hal');
      const seenBy = async (userId: string, more: object = {}) => {
        const wanted = { seenBy: { userId, withAgents: false, ...more }, offset: 0, limit: 9 };
        const { users: found, total } = await users.list(space, wanted);
        expect(total).toBe(found.length);
        return found.map((person) => person.userId);
      };
      expect(await seenBy('ana')).toEqual(['ana', 'bob', 'cleo']);
      expect(await seenBy('bob')).toEqual(['ana', 'bob', 'eve']);
      expect(await seenBy('dan')).toEqual(['dan']);
      expect(await seenBy('hal')).toEqual(['fay', 'hal']);
      expect(await seenBy('fay', { withAgents: true })).toEqual(['fay', 'gus', 'hal']);
    });

    it('lets the host application make a user whose token was never seen', async () => {
      const { users, space } = await scene();
      expect(await users.put(space, 'new', { email: 'new@example.org' })).toEqual({
        userId: 'new',
        email: 'new@example.org',
        role: 'user',
        active: true,
        ...times,
      });
      await users.admit({ space, userId: 'new', role: 'agent', name: 'New' });
      expect(await users.put(space, 'new', {})).toMatchObject({ role: 'agent', name: 'New' });
    });

    it('never lets a token undo a deactivation', async () => {
      const { users, space } = await scene();
      expect(await users.admit({ space, userId: 'ana', role: 'user' })).toEqual({
        active: true,
        revokedAt: undefined,
        banned: false,
      });
      await users.put(space, 'ana', { active: false });
      expect(await users.admit({ space, userId: 'ana', role: 'user', name: 'Ana' })).toMatchObject({ active: false });
      await users.put(space, 'ana', { name: 'Ana' });
      expect(await users.admit({ space, userId: 'ana', role: 'user' })).toMatchObject({ active: false });
      await users.put(space, 'ana', { active: true });
      expect(await users.admit({ space, userId: 'ana', role: 'user' })).toMatchObject({ active: true });
    });

    it('revokes, also who is not known yet, and tells it to everybody who asks', async () => {
      const { users, other, space } = await scene();
      await users.admit({ space, userId: 'ana', role: 'user' });
      const revokedAt = await users.revoke(space, 'ana', 'root');
      await users.revoke(space, 'never-seen', 'root');
      expect(await other.users.admit({ space, userId: 'ana', role: 'user' })).toEqual({
        active: true,
        revokedAt,
        banned: false,
      });
      const standings = await other.users.standings(
        ['ana', 'never-seen', 'nobody'].map((userId) => ({ space, userId })),
      );
      expect(standings.map(({ userId }) => userId).sort()).toEqual(['ana', 'never-seen']);
      expect(standings).toContainEqual({ space, userId: 'ana', active: true, revokedAt, banned: false });
      expect((await users.revoke(space, 'ana', 'root')).getTime()).toBeGreaterThanOrEqual(revokedAt.getTime());
    });

    it('admits many at once, the same ones through two nodes, and answers each their own', async () => {
      const { users, other, space } = await scene();
      await users.put(space, 'user-7', { active: false });
      const claims = numbers(1, 300).map((i) => ({ space, userId: `user-${i}`, role: 'user' as const }));
      const [here, there] = await Promise.all([
        Promise.all(claims.map((claim) => users.admit(claim))),
        Promise.all([...claims].reverse().map((claim) => other.users.admit(claim))),
      ]);
      expect(here.map(({ active }) => active)).toEqual(claims.map(({ userId }) => userId !== 'user-7'));
      expect(there.map(({ active }) => active)).toEqual([...claims].reverse().map(({ userId }) => userId !== 'user-7'));
    });

    it('remembers when somebody was last seen, and never an earlier time', async () => {
      const { users, admit, space } = await scene();
      await admit('ana', 'bob');
      const [early, late] = [new Date('2026-01-01T10:00:00.123Z'), new Date('2026-01-01T11:00:00.456Z')];
      await users.seen([
        { space, userId: 'ana', at: early },
        { space, userId: 'ana', at: late },
        { space, userId: 'nobody', at: late },
      ]);
      await users.seen([{ space, userId: 'ana', at: early }]);
      await users.seen([]);
      expect(await users.lastSeen(space, ['ana', 'bob', 'nobody'])).toEqual(new Map([['ana', late]]));
      await users.seen([{ space, userId: 'bob', at: early }]);
      await users.seen([{ space, userId: 'ana', at: new Date(late.getTime() + 1) }]);
      expect((await users.lastSeen(space, ['bob'])).get('bob')).toEqual(early);
    });
  });
}
