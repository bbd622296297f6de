import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StoreStage, sceneOn } from './store-stage.ts';

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
  });
}
