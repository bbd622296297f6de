import { connectRedis, type Logger } from '@parley/node-kit';
import { Cluster, type Redis } from 'ioredis';
import type { Durations } from './durations.ts';

export type Connection = Redis | Cluster;
type Purpose = 'commands' | 'subscriber';

/** Redirections that one command follows on a Redis Cluster: enough for a moving slot, too few to wait for a failover. */
const redirectionsMax = 4;
const reconnectMsMax = 1_000;

/**
 * A connection to one Redis, or to a Redis Cluster when the URL names several nodes, separated by commas.
 * Nothing waits in a queue while it is away, and no answer is awaited longer than the command timeout; a connection
 * that is silent while answers are due is replaced, so that a half-open one is noticed.
 */
export function connect(url: string, purpose: Purpose, durations: Durations, log: Logger): Connection {
  const urls = url.split(',').map((each) => each.trim());
  const [first = url] = urls;
  if (urls.length > 1) return connectCluster(urls, purpose, durations, log);
  return connectRedis(first, purpose, {
    ...commonOptions(durations),
    connectionName: `parley:presence:${purpose}`,
    retryStrategy: pauses(durations),
    log,
  });
}

function connectCluster(urls: readonly string[], purpose: Purpose, durations: Durations, log: Logger): Cluster {
  const nodes = urls.map((each) => new URL(each.includes('://') ? each : `redis://${each}`));
  const [first] = nodes;
  const cluster = new Cluster(
    nodes.map(({ hostname, port }) => ({ host: hostname, port: Number(port || 6379) })),
    {
      redisOptions: {
        ...commonOptions(durations),
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 1,
        ...(first?.username && { username: decodeURIComponent(first.username) }),
        ...(first?.password && { password: decodeURIComponent(first.password) }),
        ...(first?.protocol === 'rediss:' && { tls: {} }),
      },
      enableOfflineQueue: purpose === 'subscriber',
      shardedSubscribers: purpose === 'subscriber',
      maxRedirections: redirectionsMax,
      clusterRetryStrategy: pauses(durations),
    },
  );
  let away = false;
  // Without a listener an 'error' event ends the process. One line for an outage, not one for each try.
  cluster.on('error', (err: Error) => {
    if (!away) log.warn({ err, purpose }, 'the Redis Cluster cannot be reached');
    away = true;
  });
  cluster.on('ready', () => {
    away = false;
  });
  return cluster;
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
