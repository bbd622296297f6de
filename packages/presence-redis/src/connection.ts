import { connectRedis, connectRedisCluster, type Logger, type RedisClient, redisUrls } from '@parley/node-kit';
import type { Durations } from './durations.ts';

type Purpose = 'commands' | 'subscriber';

/** Redirections that one command follows on a Redis Cluster: enough for a moving slot, too few to wait for a failover. */
const redirectionsMax = 4;
const reconnectMsMax = 1_000;

/**
 * A connection to one Redis, or to a Redis Cluster when the URL names several nodes, separated by commas.
 * Nothing waits in a queue while it is away, and no answer is awaited longer than the command timeout; a connection
 * that is silent while answers are due is replaced, so that a half-open one is noticed.
 */
export function connect(url: string, purpose: Purpose, durations: Durations, log: Logger): RedisClient {
  const urls = redisUrls(url);
  if (urls.length > 1) {
    return connectRedisCluster(urls, {
      redisOptions: commonOptions(durations),
      enableOfflineQueue: purpose === 'subscriber',
      shardedSubscribers: purpose === 'subscriber',
      maxRedirections: redirectionsMax,
      clusterRetryStrategy: pauses(durations),
      log,
    });
  }
  return connectRedis(urls[0], purpose, {
    ...commonOptions(durations),
    connectionName: `parley:presence:${purpose}`,
    retryStrategy: pauses(durations),
    log,
  });
}

const commonOptions = ({ commandTimeoutMs }: Durations) => ({
  commandTimeout: commandTimeoutMs,
  socketTimeout: commandTimeoutMs * 3,
  connectTimeout: commandTimeoutMs * 2,
  // ioredis subscribes again without awaiting it, and a failure would end the process: `announcements.ts` does it.
  autoResubscribe: false,
});

/** Every node must have found a new Redis long before its youth ends, or its users would be missing then. */
function pauses({ youthMs }: Durations): (attempt: number) => number {
  const ceiling = Math.min(reconnectMsMax, youthMs / 4);
  return (attempt) =>
    attempt === 1 ? 0 : Math.min(ceiling, 25 * 2 ** Math.min(attempt, 8)) * (0.5 + Math.random() / 2);
}
