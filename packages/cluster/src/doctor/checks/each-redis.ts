import type { Complaint } from '../check.ts';
import type { Facts } from '../facts/facts.ts';
import type { RedisFacts } from '../facts/redis.ts';

/** Judges each Redis that answered: that of fan-out, and that of presence where it is another one. */
export function eachRedis(
  { redis, presenceRedis }: Facts,
  judge: (redis: RedisFacts) => Complaint[],
): Complaint[] | undefined {
  if (!redis && !presenceRedis) return undefined;
  const ofPresence = presenceRedis ? judge(presenceRedis) : [];
  return [
    ...(redis ? judge(redis) : []),
    ...ofPresence.map(({ problem, ...rest }) => ({ ...rest, problem: `PRESENCE_REDIS_URL: ${problem}` })),
  ];
}
