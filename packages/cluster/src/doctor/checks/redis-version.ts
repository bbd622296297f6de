import { type Check, error } from '../check.ts';

/** Sharded pub/sub (SSUBSCRIBE) came with 7. */
const majorMin = 7;

export const redisVersion: Check = {
  name: 'Redis version',
  find: ({ redis }) => {
    if (!redis) return undefined;
    if (Number.parseInt(redis.version, 10) >= majorMin) return [];
    return [
      error(
        `${redis.title} ${redis.version} has no sharded pub/sub: nothing is told between nodes`,
        `Use Redis ${majorMin} or newer, or Valkey.`,
      ),
    ];
  },
};
