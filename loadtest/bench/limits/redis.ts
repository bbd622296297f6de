import { Redis } from 'ioredis';
import { cpuOf } from '../cpu.ts';
import type { Stores } from '../stores.ts';

const channel = 'bench-limits';
const payload = Buffer.alloc(300, 'x');
const subscribers = 2;

export type PublishCosts = { publishesPerSecond: number; publish: number; publishAlone: number };

/** L2, with as many subscribers as the bench has nodes: Redis's CPU for a publish, in µs, alone and one of sixteen. */
export async function measureRedis(stores: Stores, windowMs: number): Promise<PublishCosts> {
  const publisher = new Redis(stores.redisUrl);
  const listening = Array.from({ length: subscribers }, () => publisher.duplicate());
  try {
    for (const subscriber of listening) await subscriber.subscribe(channel);
    await publish(16, windowMs / 4);
    const alone = await publish(1, windowMs);
    const piped = await publish(16, windowMs);
    return { publishesPerSecond: piped.perSecond, publish: piped.micros, publishAlone: alone.micros };
  } finally {
    for (const client of [publisher, ...listening]) client.disconnect();
  }

  async function publish(atOnce: number, ms: number) {
    const parts = { node: [], postgres: [], redis: [stores.redisPid], haproxy: [] };
    const [before, from] = [cpuOf(parts).redis, performance.now()];
    let sent = 0;
    for (; performance.now() < from + ms; sent += atOnce) {
      const pipeline = publisher.pipeline();
      for (let i = 0; i < atOnce; i += 1) pipeline.publish(channel, payload);
      await pipeline.exec();
    }
    return {
      perSecond: sent / ((performance.now() - from) / 1000),
      micros: ((cpuOf(parts).redis - before) * 1000) / sent,
    };
  }
}
