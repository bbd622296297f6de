import { connectRedis, type Logger } from '@parley/node-kit';
import { Cluster, type Redis } from 'ioredis';

export type RedisClient = Redis | Cluster;

/**
 * The two connections of a fan-out. `redisUrl` names one Redis, or several nodes of a Redis Cluster, divided by commas.
 * Neither ever queues while Redis is away: a publish that comes late is worth nothing, and what is subscribed is known
 * here and asked for again. Nothing is sent twice after a reconnect.
 */
export function connectClients(redisUrl: string, log: Logger): { publisher: RedisClient; subscriber: RedisClient } {
  const urls = redisUrl.split(',').map((url) => url.trim());
  const [first] = urls;
  if (urls.length > 1 || first === undefined) return { publisher: cluster(urls, log), subscriber: cluster(urls, log) };
  // No timer for each command: the link watches the age of the oldest one instead.
  const settings = { ...common, commandTimeout: undefined, log };
  return {
    publisher: connectRedis(first, 'publisher', settings),
    subscriber: connectRedis(first, 'subscriber', settings),
  };
}

const common = {
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
} as const;

function cluster(urls: readonly string[], log: Logger): Cluster {
  const nodes = urls.map((url) => {
    const { hostname, port } = new URL(url);
    return { host: hostname, port: Number(port || 6379) };
  });
  const { username, password } = new URL(urls[0] ?? '');
  const redis = new Cluster(nodes, {
    shardedSubscribers: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: (attempt) => (attempt === 1 ? 0 : Math.min(2_000, 50 * 2 ** attempt)),
    redisOptions: {
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      maxRetriesPerRequest: 1,
      connectTimeout: 2_000,
      keepAlive: 5_000,
    },
  });
  redis.on('error', (err: Error) => log.warn({ err }, 'Redis Cluster cannot be reached'));
  return redis;
}
