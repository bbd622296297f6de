import { startRedisCluster, until } from '@parley/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Board, metric, startBoard } from './stage/board.ts';
import { listen, pass, statuses, untilAll, untilSure } from './stage/ears.ts';

const userIds = Array.from({ length: 60 }, (_, i) => `u${i}`);

let redis: Awaited<ReturnType<typeof startRedisCluster>>;
let boards: Board[] = [];
beforeAll(async () => {
  redis = await startRedisCluster();
});
afterEach(async () => {
  for (const board of boards) await board.close();
  boards = [];
});
afterAll(() => redis.stop());

const board = async (keyPrefix: string): Promise<Board> => {
  const started = await startBoard({ redisUrl: redis.url, keyPrefix, shards: 8, youthMs: 1_200 });
  boards.push(started);
  return started;
};

describe('on a Redis Cluster', () => {
  it('presence is the same as on one Redis: online, announced once, offline after the grace', async () => {
    const here = await board('one');
    const there = await board('one');
    const ears = listen(there);
    await untilSure(here);
    await untilSure(there);
    await untilAll(here, userIds, 'offline');
    await until(() => ears.resyncs > 0, { what: 'the node listens' });
    for (const userId of userIds) here.connect('main', userId, 'c1');
    await untilAll(there, userIds, 'online');
    for (const userId of userIds) here.disconnect('main', userId, 'c1');
    await untilAll(there, userIds, 'offline');
    await until(() => userIds.every((userId) => ears.words(userId).length === 2), { what: 'all is heard' });
    for (const userId of userIds) expect(ears.words(userId)).toEqual(['online', 'offline']);
  });

  it('a frozen primary makes only its own shards unknown, and they come back by themselves', async () => {
    const here = await board('two');
    await untilAll(here, userIds, 'offline');
    for (const userId of userIds) here.connect('main', userId, 'c1');
    await untilAll(here, userIds, 'online');
    redis.parts[0]?.signal('SIGSTOP');
    await until(async () => (await statuses(here, userIds)).includes('unknown'), { what: 'some are unknown' });
    const words = await statuses(here, userIds);
    expect(new Set(words)).toEqual(new Set(['unknown', 'online']));
    expect(await metric(here, 'parley_presence_redis_up')).toBe(0);
    redis.parts[0]?.signal('SIGCONT');
    await untilAll(here, userIds, 'online', 15_000);
  });

  it('a primary that died and came back empty makes nobody offline, and is listened to again', async () => {
    const here = await board('three');
    const there = await board('three');
    const ears = listen(there);
    await untilAll(here, userIds, 'offline');
    await until(() => ears.resyncs > 0, { what: 'the node listens' });
    for (const userId of userIds) here.connect('main', userId, 'c1');
    await untilAll(there, userIds, 'online');
    await redis.restart(1);
    await until(async () => (await statuses(there, userIds)).includes('unknown'), { what: 'some are unknown' });
    await untilAll(there, userIds, 'online', 15_000);
    expect(ears.heard.filter(({ presence }) => presence.status !== 'online')).toEqual([]);
    // Whoever comes while the node does not listen again yet is told by a new reading; so new people come every time.
    let round = 0;
    await until(
      async () => {
        round += 1;
        const late = userIds.map((userId) => `${userId}-${round}`);
        for (const userId of late) here.connect('main', userId, 'c1');
        await untilAll(there, late, 'online');
        await pass(200);
        return late.every((userId) => ears.words(userId).length === 1);
      },
      { withinMs: 15_000, what: 'every shard is heard again' },
    );
  });
});
