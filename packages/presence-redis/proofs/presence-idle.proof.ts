import { readdirSync, readFileSync } from 'node:fs';
import { createMetrics } from '@parley/node-kit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createPresence } from '../src/index.ts';
import { shardsDefault } from '../src/limits.ts';
import { quiet } from '../test/stage/board.ts';
import { pass, untilAll } from '../test/stage/ears.ts';
import { startOwnRedis } from '../test/stage/redis.ts';

/** Ten renewals of each node, so that one more or less at the edges is a tenth. */
const measuredMs = 20_000;
const usersMany = 50_000;
/** The goal: of 8 nodes with 50,000 users, in one shard. */
const perSecondMax = 10;
/** Every so many users are asked about, until all of them are online: a prime, so that every node has some. */
const sampleEvery = 97;

type Size = { nodes: number; users: number; shards: number };

/** Scripts are what presence sends, all else is counted too, but for what its scripts do inside of Redis. */
const insideOfScripts = commandsOfScripts();

describe('presence while nothing changes', () => {
  it('costs Redis a few commands a second for each node, whatever the number of users', async () => {
    const measured = [
      await measure({ nodes: 8, users: usersMany, shards: 1 }),
      await measure({ nodes: 4, users: usersMany, shards: 1 }),
      await measure({ nodes: 8, users: 500, shards: 1 }),
      await measure({ nodes: 8, users: usersMany, shards: shardsDefault }),
    ] as const;
    console.log(measured.map(({ words }) => words).join('\n'));

    const [many, halfTheNodes, few, allShards] = measured.map(({ perSecond }) => perSecond);
    expect(many, 'of 8 nodes in one shard').toBeLessThanOrEqual(perSecondMax);
    expect(Number(many) / Number(halfTheNodes), 'twice the nodes cost at most twice').toBeLessThanOrEqual(2.2);
    expect(Number(many) / Number(few), 'a hundred times the users cost the same').toBeLessThanOrEqual(1.1);
    expect(Number(allShards) / Number(many), 'each shard costs the same').toBeLessThanOrEqual(shardsDefault * 1.1);
  });
});

async function measure({ nodes, users, shards }: Size): Promise<{ perSecond: number; words: string }> {
  const closers: (() => unknown)[] = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  };
  onTestFinished(closeAll);
  const redis = await startOwnRedis();
  closers.push(() => redis.stop());
  const admin = new Redis(redis.url);
  closers.push(() => admin.disconnect());
  const boards = Array.from({ length: nodes }, (_, n) =>
    createPresence({ redisUrl: redis.url, nodeId: `n${n}`, registry: createMetrics().registry, log: quiet, shards }),
  );
  for (const board of boards) {
    closers.push(() => board.close());
    await board.start();
  }
  const userIds = Array.from({ length: users }, (_, i) => `user-${i}`);
  userIds.forEach((userId, i) => boards[i % nodes]?.connect('main', userId, `connection-of-${userId}`));
  const [watcher] = boards;
  const sample = userIds.filter((_, i) => i % sampleEvery === 0);
  if (watcher) await untilAll(watcher, sample, 'online', 60_000);
  expect(await watcher?.count('main'), 'everybody is there').toBe(users);

  await admin.config('RESETSTAT');
  const startedAt = performance.now();
  await pass(measuredMs);
  const stats = await admin.info('commandstats');
  const seconds = (performance.now() - startedAt) / 1_000;
  const calls = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .map(([, name = '', count]) => ({ name, count: Number(count) }))
    .filter(({ name }) => !/^(?:config|info)/.test(name));
  const sent = calls.filter(({ name }) => !insideOfScripts.has(name));
  const sum = (some: typeof calls) => some.reduce((total, { count }) => total + count, 0) / seconds;
  await closeAll();
  return {
    perSecond: sum(sent),
    words: [
      `${nodes} nodes, ${users} users, ${shards === 1 ? 'one shard' : `${shards} shards`}:`,
      `${sum(sent).toFixed(1)} commands a second are sent`,
      `(${sent.map(({ name, count }) => `${name} ${(count / seconds).toFixed(1)}`).join(', ')}),`,
      `${sum(calls).toFixed(1)} with those inside of scripts`,
    ].join(' '),
  };
}

function commandsOfScripts(): Set<string> {
  const folder = new URL('../lua/', import.meta.url);
  const texts = readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
  return new Set(
    texts.flatMap((text) => [...text.matchAll(/\bcall\(['"](\w+)/g)].map(([, name = '']) => name.toLowerCase())),
  );
}
