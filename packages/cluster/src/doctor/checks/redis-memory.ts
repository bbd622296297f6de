import { type Check, error, warning } from '../check.ts';
import { eachRedis } from './each-redis.ts';

const fullShare = 0.8;

/** Presence and leases expire by themselves. A server that evicts earlier makes people who are there look gone. */
export const redisMemory: Check = {
  name: 'Redis memory and eviction',
  find: (facts) =>
    eachRedis(facts, ({ memory: { usedBytes, maxBytes, policy } }) => {
      const remedy = 'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf.';
      return [
        ...(policy === 'noeviction'
          ? []
          : maxBytes > 0
            ? [error(`maxmemory-policy is ${policy}: people who are there are evicted and look gone`, remedy)]
            : [warning(`maxmemory-policy is ${policy}, and will evict people once maxmemory is set`, remedy)]),
        ...(maxBytes > 0 && usedBytes > maxBytes * fullShare
          ? [
              warning(
                `it uses ${megabytes(usedBytes)} of ${megabytes(maxBytes)}; full, it refuses leases and presence is unknown`,
                'Raise maxmemory; look for keys that are not ours: redis-cli --bigkeys.',
              ),
            ]
          : []),
      ];
    }),
};

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
