import { redisUrls } from '@parley/node-kit';
import type { Redis } from 'ioredis';
import { askRedis } from '../../ask-redis.ts';
import { compareClock, type Now } from './clock.ts';
import type { Clock } from './facts.ts';

export type RedisFacts = {
  /** How findings call it. */
  name: string;
  title: 'Redis' | 'Valkey';
  /** As it says it: `7.2.4`. A Valkey says the Redis that it is compatible with. */
  version: string;
  memory: { usedBytes: number; maxBytes: number; policy: string };
  /** `client-output-buffer-limit` for subscribers; 0 is no limit. Absent where CONFIG is not permitted. */
  pubsubBuffer?: { hardBytes: number; softBytes: number; softS: number };
  clock: Clock;
};

export type RedisServer = { name: string; url: string };

/**
 * The servers that a URL means: a Redis alone, or every node of a Redis Cluster, also those that it does not name.
 * @throws Error when none of the named ones answers
 */
export async function redisServers(name: string, redisUrl: string): Promise<RedisServer[]> {
  const [first, ...others] = redisUrls(redisUrl);
  if (others.length === 0) return [{ name, url: first }];
  const nodes = await askRedis(redisUrl, (redis) => redis.cluster('NODES'));
  return String(nodes)
    .trim()
    .split('\n')
    .map((line) => {
      // `<id> <host>:<port>@<port of the bus>[,<name>] …`, and a host of IPv6 without brackets.
      const [, host = '', port = ''] = / (\S*):(\d+)@/.exec(line) ?? [];
      const url = new URL(first);
      if (host !== '') url.hostname = host.includes(':') ? `[${host}]` : host;
      url.port = port;
      return { name: `${name} ${url.host}`, url: url.href };
    });
}

/** @throws Error when it does not answer */
export const redisFacts = ({ name, url }: RedisServer, now: Now): Promise<RedisFacts> =>
  askRedis(url, async (redis) => {
    const info = new Map((await redis.info()).split('\r\n').map((line) => line.split(':', 2) as [string, string]));
    const buffer = await pubsubBuffer(redis);
    return {
      name,
      title: info.has('valkey_version') ? 'Valkey' : 'Redis',
      version: info.get('redis_version') ?? '0',
      memory: {
        usedBytes: Number(info.get('used_memory')),
        maxBytes: Number(info.get('maxmemory') ?? 0),
        policy: info.get('maxmemory_policy') ?? 'noeviction',
      },
      ...(buffer && { pubsubBuffer: buffer }),
      clock: await compareClock(name, now, async () => {
        const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
        return seconds * 1000 + microseconds / 1000;
      }),
    };
  });

async function pubsubBuffer(redis: Redis): Promise<RedisFacts['pubsubBuffer']> {
  // Managed servers and narrow ACLs refuse CONFIG.
  const [, limits = ''] = await redis.config('GET', 'client-output-buffer-limit').then(
    (answer) => answer,
    () => [],
  );
  const [, hard, soft, seconds] = /pubsub (\d+) (\d+) (\d+)/.exec(limits) ?? [];
  return hard === undefined ? undefined : { hardBytes: Number(hard), softBytes: Number(soft), softS: Number(seconds) };
}
