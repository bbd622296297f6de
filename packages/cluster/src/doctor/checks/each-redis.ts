import type { Complaint } from '../check.ts';
import type { Facts } from '../facts/facts.ts';
import type { RedisFacts } from '../facts/redis.ts';

/** Judges each Redis that answered: that of fan-out, that of presence where it is another one, each node of a Redis Cluster. */
export const eachRedis = ({ redis }: Facts, judge: (redis: RedisFacts) => Complaint[]): Complaint[] | undefined =>
  redis?.flatMap((each) =>
    judge(each).map(({ problem, ...rest }) => ({
      ...rest,
      problem: `${each.prefix}${problem}`,
    })),
  );
