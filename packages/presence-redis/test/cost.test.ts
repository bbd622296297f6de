import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Board, shortDurations, startBoard } from './stage/board.ts';
import { pass, untilAll } from './stage/ears.ts';
import { type OwnRedis, startOwnRedis } from './stage/redis.ts';

const shards = 4;
const measuredMs = 2_000;

let redis: OwnRedis;
let admin: Redis;
let boards: Board[];
beforeEach(async () => {
  redis = await startOwnRedis();
  admin = new Redis(redis.url);
  boards = [];
});
afterEach(async () => {
  for (const board of boards) await board.close();
  admin.disconnect();
  await redis.stop();
});

async function cluster(nodes: number, clientsPerNode: number): Promise<void> {
  const userIds: string[] = [];
  for (let n = 0; n < nodes; n += 1) {
    const board = await startBoard({ redisUrl: redis.url, shards });
    boards.push(board);
    for (let c = 0; c < clientsPerNode; c += 1) {
      userIds.push(`u${n}-${c}`);
      board.connect('main', `u${n}-${c}`, 'c1');
    }
  }
  await untilAll(boards[0] as Board, userIds, 'online');
}

/** Commands a second while nobody comes or goes: those that nodes send, and all, with those inside of scripts. */
async function idleCommands(): Promise<{ sent: number; all: number }> {
  await admin.config('RESETSTAT');
  await pass(measuredMs);
  const stats = await admin.info('commandstats');
  const calls = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = '', count]) => ({
    name,
    count: Number(count),
  }));
  const sum = (wanted: (name: string) => boolean) =>
    calls.filter(({ name }) => wanted(name)).reduce((total, { count }) => total + count, 0) / (measuredMs / 1000);
  return { sent: sum((name) => name.startsWith('eval')), all: sum((name) => !/^(?:config|info)/.test(name)) };
}

describe('an idle cluster', () => {
  it('costs the same with fifty times as many clients', async () => {
    await cluster(2, 20);
    const few = await idleCommands();
    for (const board of boards) await board.close();
    boards = [];
    await admin.flushall();
    await cluster(2, 1_000);
    const many = await idleCommands();
    expect(many.sent / few.sent).toBeGreaterThan(0.8);
    expect(many.sent / few.sent).toBeLessThan(1.25);
    expect(many.all / few.all).toBeLessThan(1.25);
  });

  it('sends one renewal for each node and shard, and little more for the sweeper', async () => {
    const nodes = 4;
    await cluster(nodes, 50);
    const { sent } = await idleCommands();
    const renewals = (nodes * shards * 1_000) / shortDurations.renewMs;
    const sweeps = (shards * 1_000) / shortDurations.renewMs;
    expect(sent).toBeGreaterThan(0.7 * renewals);
    expect(sent).toBeLessThan(1.1 * (renewals + sweeps));
  });
});
