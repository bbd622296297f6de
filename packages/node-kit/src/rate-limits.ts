import { createHash } from 'node:crypto';
import { type LimitKeys, type RareLimit, rareLimits } from '@parley/protocol';
import { Cluster, type Redis } from 'ioredis';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { createLimiterOf, type Limiter } from './limiter.ts';
import { connectRedis } from './redis.ts';
import type { Space } from './spaces.ts';

export type RateLimits = {
  /**
   * Counts one try of a rare action over the whole cluster, by each of its limits in turn: what one refuses, those after
   * it do not count. Never rejects: without Redis this node's own memory decides.
   * @returns 0 when it is permitted, else the milliseconds until it may be again
   */
  take(space: Space, names: readonly RareLimit[], keys: LimitKeys): Promise<number>;
  /** Waits a moment for Redis, so that the first tries of a node count with those of the others. Never rejects. */
  start(): Promise<void>;
  close(): void;
};

/** What a frozen Redis may cost one try … */
const commandTimeoutMs = 250;
/** … and for how long nothing is asked of it afterwards. */
const restMs = 5_000;

/** Rate limits of rare actions, counted in Redis, with this node's memory as their insurance. */
export function createRateLimits(redisUrl: string, refusals: Refusals, log: Logger): RateLimits {
  const redis = connect(redisUrl, log);
  const byPlace = new Map<string, RateLimiterRedis>();
  const insurances = new Map<string, Limiter<RareLimit>>();
  let restsUntil = 0;

  const counterOf = ({ name: space, rareLimits }: Space, name: RareLimit): RateLimiterRedis => {
    const place = `parley:limit:${space}:${name}`;
    const { points, windowMs } = rareLimits[name];
    const counter =
      byPlace.get(place) ??
      new RateLimiterRedis({
        storeClient: redis,
        keyPrefix: place,
        points,
        duration: Math.ceil(windowMs / 1_000),
        rejectIfRedisNotReady: true,
        // Who is refused once is refused from memory until the window ends: a flood does not reach Redis.
        inMemoryBlockOnConsumed: points + 1,
      });
    byPlace.set(place, counter);
    return counter;
  };
  const insuranceOf = ({ name, rareLimits }: Space): Limiter<RareLimit> => {
    const insurance = insurances.get(name) ?? createLimiterOf(rareLimits);
    insurances.set(name, insurance);
    return insurance;
  };
  const takeOne = async (space: Space, name: RareLimit, key: string): Promise<number> => {
    if (performance.now() >= restsUntil) {
      try {
        await counterOf(space, name).consume(key);
        return 0;
      } catch (error) {
        if (error instanceof RateLimiterRes) return Math.max(1, Math.ceil(error.msBeforeNext));
        if (redis.status === 'ready') restsUntil = performance.now() + restMs;
      }
    }
    refusals.insured.inc();
    return insuranceOf(space).take(key, name);
  };

  return {
    async take(space, names, keys) {
      for (const name of names) {
        const key = keys[rareLimits[name].by];
        const retryAfterMs = key === undefined ? 0 : await takeOne(space, name, hashed(key));
        if (retryAfterMs > 0) {
          refusals.counted(name);
          return retryAfterMs;
        }
      }
      return 0;
    },
    start: () => readyWithin(redis, commandTimeoutMs),
    close: () => redis.disconnect(),
  };
}

export type Refusals = ReturnType<typeof measureRefusals>;

/** What limits refused, whoever decided it. */
export function measureRefusals(registry: Registry) {
  const refused = new Counter({
    name: 'parley_rate_limited_total',
    help: 'What was refused because its user, account or address did it too often, by limit or budget.',
    labelNames: ['action'],
    registers: [registry],
  });
  const insured = new Counter({
    name: 'parley_rate_limits_insured_total',
    help: 'Tries of rare actions that were counted in memory, because Redis did not answer.',
    registers: [registry],
  });
  return { counted: (action: string) => refused.inc({ action }), insured };
}

/** Of one length whatever a client sends; and addresses of people are not to be read in Redis. */
function hashed(key: string): string {
  return createHash('sha256').update(key).digest('base64url').slice(0, 27);
}

/** Without Redis a node starts all the same. */
async function readyWithin(redis: Redis | Cluster, ms: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    redis.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** One Redis, or several nodes of a Redis Cluster, divided by commas. */
function connect(redisUrl: string, log: Logger): Redis | Cluster {
  const [first = redisUrl, ...others] = redisUrl.split(',').map((url) => url.trim());
  const settings = {
    connectionName: 'parley:limits',
    commandTimeout: commandTimeoutMs,
    // A connection that is silent while answers are due is replaced.
    socketTimeout: commandTimeoutMs * 8,
  };
  if (others.length === 0) return connectRedis(first, 'commands', { ...settings, log });
  const cluster = new Cluster([first, ...others], {
    enableOfflineQueue: false,
    redisOptions: { ...settings, maxRetriesPerRequest: 1 },
  });
  cluster.on('error', (err: Error) => log.warn({ err }, 'the Redis Cluster of the limits cannot be reached'));
  return cluster;
}
