import { join } from 'node:path';
import { startRedisCluster } from '@parley/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { diagnose } from '../src/doctor/doctor.ts';
import { look } from '../src/doctor/facts/look.ts';
import { root } from './fixtures/balanced.ts';

it('judges every node of a Redis Cluster, also one that is not named, and says which does not answer', async () => {
  const redis = await startRedisCluster();
  onTestFinished(() => redis.stop());
  const [first, second, third] = redis.parts;
  if (!first || !second || !third) throw new Error('three primaries');
  const found = async () => {
    const facts = await look({
      databaseUrl: undefined,
      redisUrl: `${first.url},${second.url}`,
      adminSocket: undefined,
      haproxyConfig: join(root, 'haproxy.cfg'),
      spacesPath: join(root, 'infra/spaces.json'),
      state: undefined,
      env: {},
      now: Date.now,
    });
    expect(facts.clocks).toHaveLength(facts.redis?.length ?? 0);
    const of = diagnose(facts).findings.filter(({ check }) => /Redis|servers/.test(check));
    return of.map(({ check, problem }) => `${check}: ${problem}`);
  };
  expect(await found()).toEqual([]);

  const keys = new Redis(third.url);
  await keys.config('SET', 'maxmemory-policy', 'allkeys-lru');
  keys.disconnect();
  const name = `Redis 127.0.0.1:${third.port}`;
  expect(await found()).toEqual([
    expect.stringMatching(`^Redis memory and eviction: ${name}: maxmemory-policy is allkeys-lru`),
  ]);

  await third.stop();
  expect(await found()).toEqual([expect.stringMatching(`^servers answer: ${name} does not answer: .*ECONNREFUSED`)]);
});
