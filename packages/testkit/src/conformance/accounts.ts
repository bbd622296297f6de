import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type StoreStage, sceneOn } from './store-stage.ts';

const dayMs = 86_400_000;

/** What every store of accounts and of their sessions promises. */
export function accountsConformance(name: string, open: () => Promise<StoreStage>): void {
  describe(`accounts: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    /** A space with one account. */
    const scene = async () => {
      const set = await sceneOn(stage);
      const account = { email: 'Ana@Example.org', passwordHash: 'a hash', firstName: 'Ana' };
      const ana = (await set.accounts.register(set.space, account)) ?? expect.fail();
      const begin = (forMs = dayMs) => set.accounts.begin(set.space, ana.userId, forMs);
      const rotate = (token: string, { accounts } = set) => accounts.rotate(set.space, token, dayMs);
      return { ...set, ana, begin, rotate };
    };

    it('make a user of the role `user`, with an id that nobody else has', async () => {
      const { accounts, users, space, ana } = await scene();
      expect(ana).toMatchObject({ email: 'Ana@Example.org', firstName: 'Ana', role: 'user', active: true });
      expect(await users.find(space, ana.userId)).toEqual(ana);
      const bob = await accounts.register(space, { email: 'bob@example.org', passwordHash: 'b' });
      expect(bob?.userId).not.toBe(ana.userId);
    });

    it('are found by their address in any case, in their space alone', async () => {
      const { accounts, space, ana } = await scene();
      expect(await accounts.find(space, 'ANA@example.ORG')).toEqual({ person: ana, passwordHash: 'a hash' });
      expect(await accounts.find(`${space}-2`, 'ana@example.org')).toBeUndefined();
      expect(await accounts.find(space, 'nobody@example.org')).toBeUndefined();
    });

    it('are one for each address, also when many register it at once through two nodes', async () => {
      const { accounts, other, users, space } = await scene();
      const register = (node: typeof accounts, i: number) =>
        node.register(space, { email: i % 2 ? 'eve@example.org' : 'Eve@example.org', passwordHash: String(i) });
      const made = await Promise.all(
        Array.from({ length: 10 }, (_, i) => register(i % 3 ? accounts : other.accounts, i)),
      );
      expect(made.filter((person) => person !== undefined)).toHaveLength(1);
      expect((await users.list(space, { offset: 0, limit: 10 })).total).toBe(2);
      expect(await accounts.register(`${space}-2`, { email: 'eve@example.org', passwordHash: 'x' })).toBeDefined();
    });

    it('are given to users who exist, may change, and never become those of another', async () => {
      const { accounts, admit, space, begin, rotate, ana } = await scene();
      await admit('root');
      await accounts.put(space, 'root', { email: 'root@example.org', passwordHash: 'r' });
      expect(await accounts.find(space, 'root@example.org')).toMatchObject({ person: { userId: 'root' } });
      const taken = accounts.put(space, 'root', { email: 'ana@example.org', passwordHash: 'r' });
      expect(await codeOf(taken)).toBe('conflict');
      expect(await codeOf(accounts.put(space, 'nobody', { email: 'n@example.org', passwordHash: 'n' }))).toBe(
        'conflict',
      );
      const { refreshToken } = await begin();
      await accounts.put(space, ana.userId, { email: 'new@example.org', passwordHash: 'new' });
      expect(await accounts.find(space, 'ana@example.org')).toBeUndefined();
      expect(await accounts.find(space, 'new@example.org')).toMatchObject({ passwordHash: 'new' });
      expect(await rotate(refreshToken)).toBeUndefined();
    });
  });

  describe(`sessions: ${name}`, () => {
    let stage: StoreStage;
    beforeAll(async () => {
      stage = await open();
    });
    afterAll(() => stage.close());

    const scene = async () => {
      const set = await sceneOn(stage);
      await set.admit('ana', 'bob');
      const begin = (userId = 'ana', forMs = dayMs) => set.accounts.begin(set.space, userId, forMs);
      const rotate = (token: string, accounts = set.accounts, graceMs?: number) =>
        accounts.rotate(set.space, token, dayMs, graceMs);
      return { ...set, begin, rotate };
    };
    const newest = async (begun: Promise<{ refreshToken: string } | undefined>) =>
      (await begun)?.refreshToken ?? expect.fail();

    it('go on with a new token each time, for whoever began them', async () => {
      const { begin, rotate, other } = await scene();
      const first = await begin();
      const second = await rotate(first.refreshToken, other.accounts);
      expect(second?.person).toMatchObject({ userId: 'ana', role: 'user' });
      expect(second?.refreshToken).not.toBe(first.refreshToken);
      expect(second?.refreshExpiresAt.getTime()).toBeGreaterThanOrEqual(first.refreshExpiresAt.getTime());
      expect(await rotate(second?.refreshToken ?? '')).toBeDefined();
    });

    it('end when a token comes again that was replaced, and no other session does', async () => {
      const { begin, rotate, accounts } = await scene();
      const [first, apart] = [await newest(begin()), await newest(begin())];
      const second = await newest(rotate(first));
      expect(await rotate(first, accounts, -1)).toBeUndefined();
      expect(await rotate(second)).toBeUndefined();
      expect(await rotate(apart)).toBeDefined();
    });

    it('end when a token comes again whose successor was used, however soon', async () => {
      const { begin, rotate } = await scene();
      const first = await newest(begin());
      const second = await newest(rotate(first));
      const third = await newest(rotate(second));
      expect(await rotate(first)).toBeUndefined();
      expect(await rotate(third)).toBeUndefined();
    });

    it('survive an answer that was lost: the same token brings the same successor, for a moment', async () => {
      const { begin, rotate, other } = await scene();
      const first = await newest(begin());
      const lost = await rotate(first);
      expect(await rotate(first, other.accounts)).toEqual(lost);
      const second = lost?.refreshToken ?? '';
      expect(await rotate(second)).toEqual(await rotate(second, other.accounts));
    });

    it('give one successor to a token that comes many times at once', async () => {
      const { begin, rotate, other, accounts } = await scene();
      const first = await newest(begin());
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) => rotate(first, i % 2 ? accounts : other.accounts)),
      );
      const successors = new Set(answers.map((answer) => answer?.refreshToken ?? 'none'));
      expect(successors.size).toBe(1);
      const [successor = ''] = successors;
      expect(await rotate(successor)).toBeDefined();
      expect(await rotate(first)).toBeUndefined();
    });

    it('end by their time, when they are ended, and when their user is deactivated or revoked', async () => {
      const { begin, rotate, accounts, users, space } = await scene();
      expect(await rotate(await newest(begin('ana', -1_000)))).toBeUndefined();
      const ended = await newest(begin());
      await accounts.end(space, ended);
      await accounts.end(space, ended);
      expect(await rotate(ended)).toBeUndefined();
      const revoked = await newest(begin());
      await users.revoke(space, 'ana', 'root');
      expect(await rotate(revoked)).toBeUndefined();
      const deactivated = await newest(begin('bob'));
      await users.put(space, 'bob', { active: false });
      expect(await rotate(deactivated)).toBeUndefined();
    });

    it('are of one space, and no text that is no token finds one', async () => {
      const { begin, rotate, accounts, space } = await scene();
      const token = await newest(begin());
      const forged = `${token.slice(0, -3)}AAA`;
      expect(await accounts.rotate(`${space}-2`, token, dayMs)).toBeUndefined();
      await accounts.end(`${space}-2`, token);
      for (const text of ['', '.', 'x'.repeat(200), token.toUpperCase(), `${token}A`, '__proto__']) {
        expect(await rotate(text)).toBeUndefined();
        await accounts.end(space, text);
      }
      const second = await rotate(token);
      expect(second).toBeDefined();
      expect(await rotate(forged)).toBeUndefined();
    });

    it('beyond twenty of one user end, the oldest first', async () => {
      const { begin, rotate } = await scene();
      const tokens: string[] = [];
      for (let i = 0; i < 21; i += 1) tokens.push(await newest(begin()));
      const answers = await Promise.all(tokens.map((token) => rotate(token)));
      expect(answers.map((answer) => answer !== undefined)).toEqual([false, ...tokens.slice(1).map(() => true)]);
    });
  });
}
