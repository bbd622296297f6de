import { loneNode } from '../../lone-node.ts';
import { type Check, error } from '../check.ts';
import { eachRedis } from './each-redis.ts';

/** It answers, and knows nothing of what lies in the slots of others: only what is asked of it there fails. */
export const redisCluster: Check = {
  name: 'Redis Cluster',
  find: (facts) => eachRedis(facts, ({ isLoneNode }) => (isLoneNode ? [error(loneNode.problem, loneNode.remedy)] : [])),
};
