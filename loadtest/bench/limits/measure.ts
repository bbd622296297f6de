import { setTimeout as sleep } from 'node:timers/promises';
import type { Stores } from '../stores.ts';
import { measurePostgres } from './postgres.ts';
import { measureRedis } from './redis.ts';
import { measureSockets } from './sockets.ts';
import type { LimitValues } from './values.ts';

const restMs = 500;

/** What this machine can do at most, part by part, each alone. Takes six windows and a half. */
export async function measureLimits(stores: Stores, rowsPerBatch: number, windowMs: number): Promise<LimitValues> {
  const postgres = await measurePostgres(stores, rowsPerBatch, windowMs);
  await sleep(restMs);
  const redis = await measureRedis(stores, windowMs);
  await sleep(restMs);
  const sockets = await measureSockets(windowMs);
  return { ...postgres, ...redis, ...sockets };
}
