import { developmentSecret, type Space } from '@parley/node-kit';
import { limits, rareLimits } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, startApi } from './support/api.ts';

type Api = Awaited<ReturnType<typeof startApi>>;
type Admitted = {
  user: { userId: string; role: string };
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
};

const accounts: Space['accounts'] = { accessMs: 60_000, refreshMs: 3_600_000 };
const password = 'correct horse';
const allowances = { ...rareLimits, 'refresh.address': { points: 30, windowMs: 600_000 } };
let api: Api;
let addresses = 0;

beforeAll(async () => {
  api = await startApi({ accounts, rareLimits: allowances });
});
afterAll(() => api.close());

/** Each call from an address of its own, unless one is named. */
const post = (path: string, body: object, from = `10.0.${(addresses += 1) >> 8}.${addresses & 255}`) =>
  api.ask('POST', `/v1/accounts/${path}`, { body, headers: { 'x-forwarded-for': from } });
const admitted = ({ status, body }: Asked): Admitted => {
  expect(body).not.toHaveProperty('error');
  expect(status).toBe(200);
  return body as Admitted;
};
const register = async (email: string, more: object = {}) =>
  admitted(await post('register', { email, password, ...more }));
const asking = (token: string, url: string) => api.ask('GET', url, { headers: { authorization: `Bearer ${token}` } });

describe('whoever registers', () => {
  it('is a user from then on, with a token that every route takes', async () => {
    const { user, accessToken, expiresAt } = await register('ana@example.org', { firstName: 'Ana', lastName: 'Ng' });
    expect(user).toMatchObject({
      email: 'ana@example.org',
      firstName: 'Ana',
      lastName: 'Ng',
      role: 'user',
      active: true,
    });
    expect((await asking(accessToken, `/v1/users/${user.userId}`)).body).toEqual(user);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    expect(Date.parse(expiresAt)).toBeLessThanOrEqual(Date.now() + accounts.accessMs);
  });

  it('never gets another role, whatever they ask for', async () => {
    expect(await post('register', { email: 'eve@example.org', password, role: 'admin' })).toMatchObject({
      status: 400,
    });
    const { accessToken, user } = await register('eve@example.org');
    expect(user.role).toBe('user');
    expect((await asking(accessToken, '/v1/presence/count')).status).toBe(403);
  });

  it('cannot take an address that is taken, in whatever case', async () => {
    await register('bob@example.org');
    const again = await post('register', { email: 'BOB@Example.org', password: 'another one' });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    admitted(await post('login', { email: 'bob@example.org', password }));
  });

  it.each([
    ['no address', { password }],
    ['no address that is one', { email: 'example.org', password }],
    ['a short password', { email: 'x@example.org', password: 'x'.repeat(limits.passwordCharsMin - 1) }],
    ['a password beyond the limit', { email: 'x@example.org', password: 'x'.repeat(limits.passwordCharsMax + 1) }],
    ['a password that is none', { email: 'x@example.org', password: { $gt: '' } }],
  ])('is refused with %s', async (_what, body) => {
    expect(await post('register', body)).toMatchObject({ status: 400, body: { error: { code: 'invalid' } } });
  });
});

describe('whoever logs in', () => {
  it('gets the same answer for a wrong password as for an address that nobody has', async () => {
    await register('cy@example.org');
    const [wrong, nobody] = [
      await post('login', { email: 'cy@example.org', password: 'wrong' }),
      await post('login', { email: 'nobody@example.org', password }),
    ];
    expect(wrong).toMatchObject({ status: 401, body: { error: { code: 'unauthenticated' } } });
    expect(nobody.body).toEqual(wrong.body);
  });

  it('costs as much without an account as with one', async () => {
    await register('dee@example.org');
    const { passwords } = api.made.guests;
    const account = await api.made.guests.accounts.find(api.spaces[0].name, 'dee@example.org');
    const cost = async (hash: string | undefined) => {
      const before = process.cpuUsage();
      for (let i = 0; i < 10; i += 1) expect(await passwords.check(hash, 'wrong')).toBe(false);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    await cost(undefined);
    const [known, unknown] = [await cost(account?.passwordHash), await cost(undefined)];
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });

  it('is not let in once deactivated, and only the right password tells', async () => {
    const { user } = await register('fay@example.org');
    const admin = api.person('root', { role: 'admin' });
    expect((await admin.ask('PUT', `/v1/users/${user.userId}`, { body: { active: false } })).status).toBe(200);
    expect(await post('login', { email: 'fay@example.org', password })).toMatchObject({ status: 403 });
    expect(await post('login', { email: 'fay@example.org', password: 'wrong' })).toMatchObject({ status: 401 });
  });

  it('gets no token while banned, by no door, and one again afterwards', async () => {
    const { user, refreshToken } = await register('gus@example.org');
    const admin = api.person('root', { role: 'admin' });
    const login = () => post('login', { email: 'gus@example.org', password });
    expect((await admin.ask('PUT', `/v1/users/${user.userId}/ban`, { body: {} })).status).toBe(200);
    for (const refused of [await login(), await post('refresh', { refreshToken })]) {
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'banned' } } });
    }
    expect((await admin.ask('DELETE', `/v1/users/${user.userId}/ban`)).status).toBe(200);
    admitted(await login());
  });

  it('is limited by account, from whatever address, and nobody else is', async () => {
    await register('gil@example.org');
    await register('hal@example.org');
    const { points } = allowances['login.account'];
    const tries = await Promise.all(
      Array.from({ length: points + 1 }, () => post('login', { email: 'Gil@example.org', password: 'wrong' })),
    );
    const limited = tries.filter(({ status }) => status === 429);
    expect(limited).toHaveLength(1);
    expect(limited[0]).toMatchObject({ body: { error: { code: 'rate_limited' } } });
    expect(Number(limited[0]?.headers['retry-after'])).toBeGreaterThan(0);
    expect((await post('login', { email: 'gil@example.org', password })).status).toBe(429);
    admitted(await post('login', { email: 'hal@example.org', password }));
  });

  it('is limited by address, whatever the account, and other addresses are not', async () => {
    const { points } = allowances['refresh.address'];
    const token = { refreshToken: 'none' };
    for (let i = 0; i < points; i += 1) expect((await post('refresh', token, '10.9.9.9')).status).toBe(401);
    expect((await post('refresh', token, '10.9.9.9')).status).toBe(429);
    expect((await post('refresh', token, '10.9.9.8')).status).toBe(401);
  });
});

describe('a session', () => {
  it('goes on with another refresh token each time, survives a lost answer, and ends when one comes again later', async () => {
    const first = await register('ira@example.org');
    const second = admitted(await post('refresh', { refreshToken: first.refreshToken }));
    expect((await asking(second.accessToken, '/v1/conversations')).status).toBe(200);
    const again = admitted(await post('refresh', { refreshToken: first.refreshToken }));
    expect(again.refreshToken).toBe(second.refreshToken);
    const third = admitted(await post('refresh', { refreshToken: second.refreshToken }));
    expect((await post('refresh', { refreshToken: first.refreshToken })).status).toBe(401);
    expect((await post('refresh', { refreshToken: third.refreshToken })).status).toBe(401);
  });

  it('ends when its user logs out, also twice', async () => {
    const { refreshToken } = await register('jo@example.org');
    expect((await post('logout', { refreshToken })).status).toBe(200);
    expect((await post('logout', { refreshToken })).status).toBe(200);
    expect((await post('refresh', { refreshToken })).status).toBe(401);
  });
});

describe('a space', () => {
  it('without accounts has no such doors', async () => {
    const other = await startApi();
    const answer = await other.ask('POST', '/v1/accounts/login', { body: { email: 'ana@example.org', password } });
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    await other.close();
  });

  it('does not know the accounts of another', async () => {
    await register('kim@example.org');
    const headers = { 'x-parley-space': api.spaces[1].name, 'x-forwarded-for': '10.8.8.8' };
    const body = { email: 'kim@example.org', password };
    expect((await api.ask('POST', '/v1/accounts/login', { body, headers })).status).toBe(401);
  });

  it('signs with the secret that it names, and takes what a retired one signed', async () => {
    const old = 'an-old-secret-of-32-bytes-or-more';
    const secret = developmentSecret('rotated');
    const rules = api.spaces[0].tokens;
    const space = (key: Space['tokens']['key']) => startApi({ accounts, tokens: { ...rules, key } });
    const before = await space({ from: 'secret', secret: old, kid: 'one' });
    const { body } = await before.ask('POST', '/v1/accounts/register', { body: { email: 'l@example.org', password } });
    const token = String(body['accessToken']);
    await before.close();
    expect(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())).toMatchObject({ kid: 'one' });
    const ask = (api: Api) => api.ask('GET', '/v1/conversations', { headers: { authorization: `Bearer ${token}` } });
    const after = await space({ from: 'secret', secret, kid: 'two', retired: new Map([['one', old]]) });
    expect((await ask(after)).status).toBe(200);
    await after.close();
    const later = await space({ from: 'secret', secret, kid: 'two' });
    expect((await ask(later)).status).toBe(401);
    await later.close();
  });
});
