import { type Check, error } from '../check.ts';
import { eachRedis } from './each-redis.ts';

/** Sharded pub/sub (SSUBSCRIBE) came with 7. */
const majorMin = 7;

export const redisVersion: Check = {
  name: 'Redis version',
  find: (facts) =>
    eachRedis(facts, ({ title, version }) =>
      Number.parseInt(version, 10) >= majorMin
        ? []
        : [
            error(
              `${title} ${version} has no sharded pub/sub: nothing is told between nodes`,
              `Use Redis ${majorMin} or newer, or Valkey.`,
            ),
          ],
    ),
};
