import { connectRedis, connectRedisCluster, type Logger, type RedisClient, redisUrls } from '@parley/node-kit';
import { createClusterSubscriber } from './cluster-subscriber.ts';
import { limits } from './limits.ts';
import { createSubscriber, type Subscriber, type SubscriberParts } from './subscriber.ts';

/**
 * The two sides of a fan-out. `redisUrl` names one Redis, or several nodes of a Redis Cluster, divided by commas.
 * Neither ever queues while Redis is away: a publish that comes late is worth nothing, and what is subscribed is known
 * here and asked for again. Nothing is sent twice after a reconnect.
 */
export function connectClients(
  redisUrl: string,
  log: Logger,
  parts: SubscriberParts,
): { publisher: RedisClient; subscriber: Subscriber } {
  const urls = redisUrls(redisUrl);
  const [first] = urls;
  const subscriberAt = (url: string) => connectRedis(url, 'subscriber', { ...settings, log });
  if (urls.length === 1) {
    return {
      publisher: connectRedis(first, 'publisher', { ...settings, log }),
      subscriber: createSubscriber(subscriberAt(first), parts),
    };
  }
  const cluster = connectRedisCluster(urls, {
    enableOfflineQueue: false,
    slotsRefreshInterval: limits.slotsRefreshMs,
    redisOptions: { commandTimeout: limits.redisSilenceMs, socketTimeout: 3 * limits.redisSilenceMs },
    clusterRetryStrategy: (attempt: number) => (attempt === 1 ? 0 : Math.min(2_000, 50 * 2 ** attempt)),
    log,
  });
  const urlOf = (place: string) => Object.assign(new URL(first), { host: place }).href;
  return {
    publisher: cluster,
    subscriber: createClusterSubscriber(cluster, (place) => subscriberAt(urlOf(place)), parts),
  };
}

const settings = {
  enableOfflineQueue: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  // No timer for each command: the link watches the age of the oldest one instead.
  commandTimeout: undefined,
} as const;
