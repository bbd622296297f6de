import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

export type RedisPurpose = 'commands' | 'publisher' | 'subscriber';

/** Replies look as they did before RESP3: the type of ioredis follows from this option, so it stays the default. */
export type RedisSettings = Omit<RedisOptions, 'replyMapping'>;

/** A frozen Redis must cost a caller no more than this. */
const commandTimeoutMs = 1_000;
const connectTimeoutMs = 2_000;
const reconnectDelayMsMax = 2_000;
const keepAliveMs = 5_000;

// Commands and publishes fail at once while Redis is away: a queue would grow without bound and be sent when nobody
// wants it any more. An unanswered command is not sent again after a reconnect: it may have been carried out.
const failFast: RedisSettings = {
  enableOfflineQueue: false,
  maxRetriesPerRequest: 1,
  commandTimeout: commandTimeoutMs,
  autoResendUnfulfilledCommands: false,
};

const byPurpose = {
  commands: failFast,
  publisher: failFast,
  // A subscription has nobody to answer to: it waits for Redis, however long, and is made again on every reconnect.
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true },
} as const satisfies Record<RedisPurpose, RedisSettings>;

/**
 * A connection for one purpose. Errors of the connection never reach the process; it reconnects for ever, at once the
 * first time, then with growing pauses. Close it with `disconnect()`.
 * @param options override what this purpose needs differently
 */
export function connectRedis(
  url: string,
  purpose: RedisPurpose,
  { log, ...options }: RedisSettings & { log?: Pick<Logger, 'warn' | 'info'> } = {},
): Redis {
  const settings: RedisSettings = {
    connectionName: `parley:${purpose}`,
    connectTimeout: connectTimeoutMs,
    keepAlive: keepAliveMs,
    retryStrategy: pauseBefore,
    // A primary that was demoted answers READONLY until we connect again, to the new one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    ...byPurpose[purpose],
    ...options,
  };
  const redis = new Redis(url, settings);
  let away = false;
  // Without a listener an 'error' event ends the process. One line for an outage, not one for each try.
  redis.on('error', (err: Error) => {
    if (!away) log?.warn({ err, purpose }, 'Redis cannot be reached');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log?.info({ purpose }, 'Redis is back');
    away = false;
  });
  return redis;
}

function pauseBefore(attempt: number): number {
  if (attempt === 1) return 0;
  const ceiling = Math.min(reconnectDelayMsMax, 50 * 2 ** (attempt - 1));
  return Math.round(ceiling * (0.5 + Math.random() / 2));
}
