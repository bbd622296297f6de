import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, createMetrics, createRateLimits, measureRefusals } from '@parley/node-kit';
import { rareLimits } from '@parley/protocol';
import { type Part, startRedis, testRedisUrl } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spaceOf, startApi } from './support/api.ts';

const windowMs = 600_000;
const allowances = {
  ...rareLimits,
  'login.account': { points: 3, windowMs },
  'login.address': { points: 5, windowMs },
  'refresh.address': { points: 2, windowMs },
};
const log = createLogger({ nodeId: 'limits', slot: 'a1', logLevel: 'silent' });

/** The limits of one node. */
function nodeOn(redisUrl: string) {
  const { registry } = createMetrics();
  const limits = createRateLimits(redisUrl, measureRefusals(registry), log);
  return { ...limits, metrics: () => registry.metrics() };
}

describe('rare actions', () => {
  it('are counted over all nodes, each space, address and account by itself, and say when to come back', async () => {
    const space = { ...spaceOf(`l-${randomBytes(6).toString('hex')}`), rareLimits: allowances };
    const other = { ...space, name: `${space.name}-b` };
    const nodes = [nodeOn(testRedisUrl()), nodeOn(testRedisUrl())] as const;
    const login = (node: number, address: string, account: string, of = space) =>
      (nodes[node % 2] ?? nodes[0]).take(of, ['login.address', 'login.account'], { address, account });
    for (const node of nodes) await node.start();

    expect(await Promise.all([0, 1, 2].map((node) => login(node, '1.1.1.1', 'ana')))).toEqual([0, 0, 0]);
    const waitMs = await login(1, '1.1.1.1', 'ana');
    expect(waitMs).toBeGreaterThan(windowMs - 60_000);
    expect(waitMs).toBeLessThanOrEqual(windowMs);
    expect(await login(0, '2.2.2.2', 'ana')).toBeGreaterThan(0);
    expect(await login(0, '1.1.1.1', 'ben')).toBe(0);
    expect(await login(1, '1.1.1.1', 'ben')).toBeGreaterThan(0);
    // What the address was refused, the account was not charged.
    expect(await Promise.all(['3.3.3.3', '3.3.3.3'].map((from, node) => login(node, from, 'ben')))).toEqual([0, 0]);
    expect(await login(0, '1.1.1.1', 'ana', other)).toBe(0);

    expect(await nodes[1].metrics()).toContain('parley_rate_limited_total{action="login.account"} 1');
    for (const node of nodes) node.close();
  });
});

describe('when Redis does not answer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-limits-'));
  const accounts = { accessMs: 60_000, refreshMs: 3_600_000 };
  const password = 'correct horse';
  let redis: Part;
  let api: Awaited<ReturnType<typeof startApi>>;
  beforeAll(async () => {
    redis = await startRedis({ dir: folder, logFile: join(folder, 'redis.log') });
    api = await startApi({ dialect: 'trainer-chat', accounts, rareLimits: allowances }, { redisUrl: redis.url });
  });
  afterAll(async () => {
    redis.signal('SIGCONT');
    await api.close();
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const post = (path: string, body: object, from: string) =>
    api.ask('POST', path, { body, headers: { 'x-forwarded-for': from } });
  const login = (email: string, from: string) => post('/v1/accounts/login', { email, password }, from);

  it('people log in all the same, and are limited by the memory of the node; so it is when it is gone', async () => {
    const statuses = async (email: string, tries: readonly number[]) => {
      const answers = [];
      for (const at of tries) answers.push((await login(email, `10.1.${at}.1`)).status);
      return answers;
    };
    for (const name of ['ana', 'ben']) {
      const email = `${name}@example.org`;
      expect((await post('/v1/accounts/register', { email, password }, '10.1.0.1')).status).toBe(200);
    }
    redis.signal('SIGSTOP');
    expect(await statuses('ana@example.org', [1, 2, 3, 4])).toEqual([200, 200, 200, 429]);
    redis.signal('SIGCONT');
    await redis.stop();
    expect(await statuses('ben@example.org', [5, 6, 7, 8])).toEqual([200, 200, 200, 429]);
    expect(await api.made.registry.metrics()).toMatch(/parley_rate_limits_insured_total ([1-9]\d*)/);
  });

  it('and a contract says so in its own words, with the time to wait in the header', async () => {
    const refresh = () => post('/v1/accounts/refresh', { refreshToken: 'none' }, '10.2.0.1');
    await refresh();
    await refresh();
    const native = await refresh();
    expect(native).toMatchObject({ status: 429, body: { error: { code: 'rate_limited' } } });
    expect(native.headers['retry-after']).toBe(
      String(Math.ceil((native.body['error'] as { retryAfterMs: number }).retryAfterMs / 1_000)),
    );
    const ask = () => post('/auth/login', { email: 'eve@example.org', password }, '10.2.0.2');
    for (let i = 0; i < 3; i += 1) await ask();
    const own = await ask();
    expect(own.body).toMatchObject({ statusCode: 429, error: 'rate_limited', retryAfterMs: expect.any(Number) });
    expect(Number(own.headers['retry-after'])).toBeGreaterThan(0);
  });
});
