import { answers } from './checks/answers.ts';
import { clocks } from './checks/clocks.ts';
import { fileLimits } from './checks/file-limits.ts';
import { haproxyCertificate } from './checks/haproxy-certificate.ts';
import { haproxyDrain } from './checks/haproxy-drain.ts';
import { haproxyRoom } from './checks/haproxy-room.ts';
import { haproxyTimeouts } from './checks/haproxy-timeouts.ts';
import { postgresConnections } from './checks/postgres-connections.ts';
import { postgresDurability } from './checks/postgres-durability.ts';
import { postgresPooler } from './checks/postgres-pooler.ts';
import { postgresReplica } from './checks/postgres-replica.ts';
import { postgresVersion } from './checks/postgres-version.ts';
import { redisCluster } from './checks/redis-cluster.ts';
import { redisMemory } from './checks/redis-memory.ts';
import { redisPubsubBuffer } from './checks/redis-pubsub-buffer.ts';
import { redisVersion } from './checks/redis-version.ts';
import { schema } from './checks/schema.ts';
import { secrets } from './checks/secrets.ts';
import { variables } from './checks/variables.ts';
import type { Check, Finding } from './check.ts';
import type { Facts } from './facts/facts.ts';

/** In the order in which they are told. */
export const checks: readonly Check[] = [
  answers,
  redisVersion,
  redisCluster,
  redisMemory,
  redisPubsubBuffer,
  postgresVersion,
  postgresDurability,
  postgresConnections,
  postgresPooler,
  postgresReplica,
  schema,
  haproxyTimeouts,
  haproxyDrain,
  haproxyRoom,
  haproxyCertificate,
  fileLimits,
  clocks,
  secrets,
  variables,
];

export type Diagnosis = {
  /** NODE_ENV of the shell that was judged. */
  environment: string;
  /** No finding is an error. */
  healthy: boolean;
  findings: Finding[];
  passed: string[];
  /** Those that had nothing to look at. */
  left: string[];
};

export function diagnose(facts: Facts): Diagnosis {
  const findings: Finding[] = [];
  const passed: string[] = [];
  const left: string[] = [];
  for (const { name, find } of checks) {
    const complaints = find(facts);
    if (!complaints) left.push(name);
    else if (complaints.length === 0) passed.push(name);
    else findings.push(...complaints.map((complaint) => ({ check: name, ...complaint })));
  }
  const { environment } = facts;
  return { environment, healthy: findings.every(({ level }) => level !== 'error'), findings, passed, left };
}
