import { startRedisCluster, until } from '@parley/testkit';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { diagnose } from '../src/doctor/doctor.ts';
import { redisFactsOf } from './fixtures/doctor-where.ts';

it('judges every node of a Redis Cluster, also one that is not named, and says which does not answer', async () => {
  const redis = await startRedisCluster();
  onTestFinished(() => redis.stop());
  const [first, second, third] = redis.parts;
  if (!first || !second || !third) throw new Error('three primaries');
  const found = async () => {
    const facts = await redisFactsOf(`${first.url},${second.url}`);
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

it.each([
  ['by their names', 'hostname', 'localhost'],
  ['where they announce no host, by that of the one that was asked', 'unknown-endpoint', '127.0.0.1'],
])('asks the nodes of a Redis Cluster %s, each once', async (_, endpoint, host) => {
  const redis = await startRedisCluster();
  onTestFinished(() => redis.stop());
  const nodes = redis.parts.map(({ url }) => new Redis(url));
  onTestFinished(() => nodes.forEach((node) => node.disconnect()));
  for (const node of nodes) {
    await node.config('SET', 'cluster-announce-hostname', 'localhost');
    await node.config('SET', 'cluster-preferred-endpoint-type', endpoint);
  }
  const announced = endpoint === 'hostname' ? 'localhost' : null;
  await until(
    async () => {
      const ranges = await Promise.all(nodes.map((node) => node.cluster('SLOTS')));
      return ranges.flat().every(([, , ...of]) => of.every(([named]) => named === announced));
    },
    { withinMs: 15_000, what: 'every node knows how the others are announced' },
  );
  const { silent, clocks } = await redisFactsOf(redis.url);
  expect(silent).toEqual([]);
  const names = redis.parts.map(({ port }) => `Redis ${host}:${port}`);
  expect(clocks.map(({ name }) => name).toSorted()).toEqual(names.toSorted());
});

it('says that a named node does not answer, also when the others have forgotten it', async () => {
  const redis = await startRedisCluster({ replicas: 1 });
  onTestFinished(() => redis.stop());
  const [primary, , , replica] = redis.parts;
  if (!primary || !replica) throw new Error('three primaries, each with a replica');
  const asked = new Redis(primary.url);
  onTestFinished(() => asked.disconnect());
  await replica.stop();
  await until(async () => !JSON.stringify(await asked.cluster('SLOTS')).includes(`,${replica.port},`), {
    withinMs: 15_000,
    what: 'the replica is announced no more',
  });
  const { silent } = await redisFactsOf(redis.url);
  expect(silent).toEqual([
    { name: `Redis 127.0.0.1:${replica.port}`, reason: expect.stringContaining('ECONNREFUSED') },
  ]);
});
