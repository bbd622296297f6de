import { redisUrls } from '@parley/node-kit';
import { Redis } from 'ioredis';

const ASK_MS = 3_000;

/**
 * Asks a Redis over a connection of its own; of a Redis Cluster, the first of the named nodes that answers.
 * @throws Error that says why none does
 */
export async function askRedis<T>(redisUrl: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const errors: unknown[] = [];
  for (const url of redisUrls(redisUrl)) {
    try {
      return await askServer(url, ask);
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors.length === 1 ? errors[0] : new AggregateError(errors, errors.map(String).join('; '));
}

async function askServer<T>(url: string, ask: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: ASK_MS,
    commandTimeout: ASK_MS,
    enableOfflineQueue: false,
    retryStrategy: () => null,
  });
  let reason: unknown;
  redis.on('error', (error) => (reason = error));
  try {
    await redis.connect();
    return await ask(redis);
  } catch (error) {
    // ioredis says only "Connection is closed."; why it was closed came as an event.
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}
