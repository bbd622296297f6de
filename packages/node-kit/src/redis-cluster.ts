import { Cluster, type ClusterOptions, type Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { RedisSettings } from './redis.ts';

type Settings = Omit<ClusterOptions, 'redisOptions'> & {
  redisOptions?: RedisSettings;
  log?: Pick<Logger, 'warn' | 'info'>;
};
export type RedisClient = Redis | Cluster;

const connectTimeoutMs = 2_000;
const keepAliveMs = 5_000;
const portDefault = 6_379;

/** The servers that a URL names: one Redis, or some nodes of a Redis Cluster, divided by commas. */
export function redisUrls(url: string): [string, ...string[]] {
  const [first = url, ...others] = url.split(',').map((each) => each.trim());
  return [first, ...others];
}

/**
 * A connection to a Redis Cluster that learns its other nodes from the named ones; user, password and TLS are those of
 * the first. Errors of the connection never reach the process, and nothing is sent twice after a reconnect.
 * Close it with `disconnect()`.
 */
export function connectRedisCluster(
  urls: readonly [string, ...string[]],
  { log, redisOptions, ...options }: Settings,
): Cluster {
  const { username, password, protocol } = new URL(urls[0]);
  const nodes = urls.map((url) => new URL(url));
  const cluster = new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || portDefault) })),
    {
      ...options,
      redisOptions: {
        ...(username && { username: decodeURIComponent(username) }),
        ...(password && { password: decodeURIComponent(password) }),
        ...(protocol === 'rediss:' && { tls: {} }),
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 1,
        connectTimeout: connectTimeoutMs,
        keepAlive: keepAliveMs,
        ...redisOptions,
      },
    },
  );
  let away = false;
  // Without a listener an 'error' event ends the process. One line for an outage, not one for each try.
  cluster.on('error', (err: Error) => {
    if (!away) log?.warn({ err }, 'the Redis Cluster cannot be reached');
    away = true;
  });
  cluster.on('ready', () => {
    if (away) log?.info('the Redis Cluster is back');
    away = false;
  });
  return cluster;
}
