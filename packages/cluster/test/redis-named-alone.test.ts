import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Part, startCluster, startRedis, Trouble } from '@parley/cluster';
import { startRedisCluster } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnose } from '../src/doctor/doctor.ts';
import { clusterStatus } from '../src/status/cluster-status.ts';
import { redisFactsOf } from './fixtures/doctor-where.ts';
import { withFakeNodes } from './fixtures/fake-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-alone-'));
chmodSync(folder, 0o755);
let redisCluster: Awaited<ReturnType<typeof startRedisCluster>>;
let node: Part;
let redis: Part;

beforeAll(async () => {
  [redisCluster, redis] = await Promise.all([
    startRedisCluster(),
    startRedis({ dir: join(folder, 'redis'), logFile: join(folder, 'redis.log') }),
  ]);
  const [first] = redisCluster.parts;
  if (!first) throw new Error('a first primary');
  node = first;
});
afterAll(async () => {
  await Promise.all([redisCluster.stop(), redis.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const doctor = async (...urls: Parameters<typeof redisFactsOf>) =>
  diagnose(await redisFactsOf(...urls)).findings.filter(({ check }) => /Redis|servers/.test(check));

const status = (redisUrl: string, presenceRedisUrl?: string) =>
  clusterStatus({ databaseUrl: undefined, redisUrl, presenceRedisUrl, adminSocket: undefined, startedAt: undefined });

const reason = 'it is a node of a Redis Cluster, and is named alone: no presence, nothing told between nodes';

describe('one node of a Redis Cluster, named as if it were a Redis', () => {
  it('is an error to doctor, once, for presence as for everything else', async () => {
    const finding = {
      check: 'Redis Cluster',
      level: 'error',
      remedy: expect.stringContaining('several of its nodes, divided by commas'),
    };
    expect(await doctor(node.url)).toEqual([{ ...finding, problem: reason }]);
    expect(await doctor(redis.url, node.url)).toEqual([{ ...finding, problem: `Redis of presence: ${reason}` }]);
  });

  it('is a problem to status', async () => {
    expect(await status(node.url)).toMatchObject({
      healthy: false,
      problems: [`Redis cannot be used as it is named: ${reason}`],
    });
    expect((await status(redis.url, node.url)).problems).toEqual([
      `Redis of presence cannot be used as it is named: ${reason}`,
    ]);
  });

  it.each([
    ['REDIS_URL', 'redisUrl'],
    ['PRESENCE_REDIS_URL', 'presenceRedisUrl'],
  ])('is refused by a start as %s, with what to write', async (variable, option) => {
    const options = { ...withFakeNodes(join(folder, '.parley')), [option]: node.url };
    const refused = await startCluster(options).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Trouble);
    expect(refused).toMatchObject({
      message: expect.stringMatching(new RegExp(`^${variable} cannot be used as it is .*: ${reason}`)),
      remedy: [expect.stringContaining('several of its nodes, divided by commas')],
    });
  });

  it('is the whole Redis Cluster once it is named twice, as where there is one endpoint only', async () => {
    const twice = `${node.url},${node.url}`;
    expect(await doctor(twice)).toEqual([]);
    expect(await status(twice)).toMatchObject({ healthy: true, problems: [], rooms: 0 });
  });
});
