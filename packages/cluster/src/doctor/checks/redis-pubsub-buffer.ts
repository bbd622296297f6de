import { type Check, error, warning } from '../check.ts';
import { eachRedis } from './each-redis.ts';

/** Seconds of a busy cluster for one node that pauses: what Redis itself sets. */
const hardBytesMin = 32 * 1024 * 1024;
const softBytesMin = 8 * 1024 * 1024;

/** Over the limit Redis closes a node's subscription. Clients repair themselves, all of them at once. */
export const redisPubsubBuffer: Check = {
  name: 'Redis output buffer of subscribers',
  find: (facts) =>
    eachRedis(facts, ({ pubsubBuffer }) => {
      const remedy = 'CONFIG SET client-output-buffer-limit "pubsub 64mb 16mb 60", and the same in redis.conf.';
      if (!pubsubBuffer) {
        return [
          warning('it does not say its client-output-buffer-limit (CONFIG is refused)', `See that it is so: ${remedy}`),
        ];
      }
      const { hardBytes, softBytes, softS } = pubsubBuffer;
      const tooSmall =
        (hardBytes > 0 && hardBytes < hardBytesMin) ||
        (softBytes > 0 && softBytes < softBytesMin) ||
        (softBytes > 0 && softS < 10);
      if (tooSmall) {
        return [
          error(`pubsub ${hardBytes} ${softBytes} ${softS} cuts a node off that falls behind for a moment`, remedy),
        ];
      }
      if (hardBytes > 0) return [];
      return [warning('there is no limit: one node that hangs fills the memory of Redis for all', remedy)];
    }),
};
