// What presence costs Redis, with 50,000 connections over 8 nodes: `node packages/presence-redis/bench/cost.ts`.
// The numbers in README.md come from here.
import { setTimeout as sleep } from 'node:timers/promises';
import { createMetrics } from '@parley/node-kit';
import { Redis } from 'ioredis';
import { createPresence } from '../src/index.ts';
import { quiet } from '../test/stage/board.ts';
import { startOwnRedis } from '../test/stage/redis.ts';
import { startWire } from '../test/stage/wire.ts';

const nodes = 8;
const clientsPerNode = 6_250;
const idleMs = 10_000;

const redis = await startOwnRedis();
const wire = await startWire(redis.port);
const admin = new Redis(redis.url);
const emptyBytes = await usedBytes();

const boards = await Promise.all(
  Array.from({ length: nodes }, async (_, n) => {
    const board = createPresence({
      redisUrl: n === 0 ? wire.url : redis.url,
      nodeId: `node-${n}`,
      registry: createMetrics().registry,
      log: quiet,
      youthMs: 200,
    });
    await board.start();
    return board;
  }),
);
const userIds = (n: number) => Array.from({ length: clientsPerNode }, (_, c) => `user-${n}-${c}`);
const everybody = boards.flatMap((_, n) => userIds(n));
const [, watcher] = boards;
if (!watcher) throw new Error('a bench needs two nodes');
await untilAll('offline');
await admin.config('RESETSTAT');

const connectedAt = performance.now();
boards.forEach((board, n) => {
  for (const userId of userIds(n)) board.connect('main', userId, `connection-of-${userId}`);
});
await untilAll('online');
console.log(`registered ${everybody.length} connections in ${Math.round(performance.now() - connectedAt)} ms`);
await calls('registering');

await admin.config('RESETSTAT');
const cpuBefore = await cpuSeconds();
await sleep(idleMs);
const stats = await admin.info('commandstats');
console.log(`memory ${Math.round(((await usedBytes()) - emptyBytes) / everybody.length)} bytes a connection`);
const cpu = ((await cpuSeconds()) - cpuBefore) / (idleMs / 1_000);
const perSecond = (wanted: RegExp) =>
  [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .filter(([, name = '']) => wanted.test(name))
    .reduce((sum, [, , calls]) => sum + Number(calls), 0) /
  (idleMs / 1_000);
console.log(`idle: ${perSecond(/^eval/)} calls a second, ${perSecond(/./)} commands with those inside of scripts`);
console.log(`idle: ${(cpu * 100).toFixed(2)} % of a core in Redis`);
await calls('idle');

const heard = { stale: 0 };
watcher.listen(
  ({ presence }) => {
    if (presence.stale) heard.stale += 1;
  },
  () => undefined,
);
await sleep(1_000);
const readAt = performance.now();
for (let i = 0; i < 20; i += 1) await watcher.read('main', everybody.slice(i * 500, (i + 1) * 500));
console.log(`reading 500 users: ${((performance.now() - readAt) / 20).toFixed(1)} ms`);
await calls('reading');

wire.cut();
const diedAt = performance.now();
while (heard.stale < clientsPerNode && performance.now() - diedAt < 15_000) await sleep(10);
console.log(`a dead node: ${heard.stale} users heard as stale after ${Math.round(performance.now() - diedAt)} ms`);
await calls('losing');

admin.disconnect();
for (const board of boards) await board.close();
await wire.close();
await redis.stop();

async function untilAll(status: string): Promise<void> {
  const sample = everybody.filter((_, i) => i % 97 === 0);
  for (;;) {
    const found = await watcher?.read('main', sample);
    if (found?.every((presence) => presence.status === status)) return;
    await sleep(20);
  }
}

/** How long Redis was busy with single calls since the last time. */
async function calls(what: string): Promise<void> {
  const [, found] = /^latency_percentiles_usec_evalsha:(.*)$/m.exec(await admin.info('latencystats')) ?? [];
  console.log(`${what}: one call takes ${found?.trim()} µs of Redis`);
  await admin.config('RESETSTAT');
}

async function usedBytes(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
}

async function cpuSeconds(): Promise<number> {
  const info = await admin.info('cpu');
  return Number(/used_cpu_user:([\d.]+)/.exec(info)?.[1]) + Number(/used_cpu_sys:([\d.]+)/.exec(info)?.[1]);
}
