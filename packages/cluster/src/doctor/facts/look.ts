import { readFileSync } from 'node:fs';
import {
  type Env,
  loadSpaces,
  Misconfiguration,
  readSecret,
  refusedInProduction,
  unknownVariables,
} from '@parley/node-kit';
import type { ClusterState } from '../../state.ts';
import { type BalancerFacts, balancerFacts, nodeClocks, processesOf } from './balancer.ts';
import { certificatesAt } from './certificates.ts';
import type { Now } from './clock.ts';
import type { Facts } from './facts.ts';
import { fileLimitOf } from './machine.ts';
import { directFacts, postgresFacts } from './postgres.ts';
import { replicaFacts } from './replica.ts';
import { type RedisName, redisFacts, redisServers } from './redis.ts';

export type Where = {
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  /** Absent: presence is at `redisUrl`. */
  presenceRedisUrl?: string | undefined;
  adminSocket: string | undefined;
  haproxyConfig: string;
  spacesPath: string;
  /** Of a cluster that runs on this machine. */
  state: ClusterState | undefined;
  env: Env;
  now: Now;
};

/** Asks everybody at once; nobody's silence hides the others. */
export async function look(where: Where): Promise<Facts> {
  const { databaseUrl, redisUrl, presenceRedisUrl, adminSocket, state, now } = where;
  const silent: { name: string; reason: string }[] = [];
  const asked = async <T>(name: string, url: string | undefined, ask: (url: string) => Promise<T>) => {
    if (url === undefined) return undefined;
    return ask(url).catch((error: unknown) => {
      silent.push({ name, reason: reasonOf(error) });
      return undefined;
    });
  };
  const replicaUrl = readSecret(where.env, 'DATABASE_REPLICA_URL').value;
  const replicaOf = (primaryUrl: string) =>
    replicaUrl === undefined
      ? ('none' as const)
      : asked('the replica', replicaUrl, (url) => replicaFacts(url, primaryUrl));
  const directUrl = readSecret(where.env, 'DATABASE_DIRECT_URL').value;
  const askedRedis = async (named: RedisName, url: string | undefined) => {
    const servers = (await asked(named.name, url, (redisUrl) => redisServers(named, redisUrl))) ?? [];
    const facts = servers.map((server) => asked(server.name, server.url, () => redisFacts(server, now)));
    return (await Promise.all(facts)).filter((each) => each !== undefined);
  };
  const [postgres, redisOfFanout, redisOfPresence, balancer, replica, direct] = await Promise.all([
    asked('PostgreSQL', databaseUrl, (url) => postgresFacts(url, now)),
    askedRedis({ name: 'Redis', prefix: '' }, redisUrl),
    askedRedis({ name: 'Redis of presence', prefix: 'Redis of presence: ' }, presenceRedisUrl),
    asked('HAProxy', adminSocket, balancerFacts),
    databaseUrl === undefined ? undefined : replicaOf(databaseUrl),
    directUrl === undefined ? ('none' as const) : asked('DATABASE_DIRECT_URL', directUrl, directFacts),
  ]);
  const redis = [...redisOfFanout, ...redisOfPresence];
  const haproxyConfig = textOf(where.haproxyConfig);
  const processes =
    state?.processes.filter(({ kind }) => kind === 'socket' || kind === 'api' || kind === 'haproxy') ?? [];
  const limits = processes.map(({ name, identity }) => fileLimitOf(name, identity.pid));
  return {
    environment: where.env['NODE_ENV'] || 'development',
    silent,
    ...(postgres && { postgres }),
    ...(replica && { replica }),
    ...(direct && { direct }),
    ...(redis.length > 0 && { redis }),
    ...(balancer && { balancer, processes: await processesOf(balancer.nodes) }),
    ...(haproxyConfig !== undefined && { haproxyConfig }),
    certificates: certificatesAt(where.env['PARLEY_TLS_CERT'], now),
    clocks: [...redis.map(({ clock }) => clock), postgres?.clock, ...(await clocksOf(balancer, now))].filter(
      (clock) => clock !== undefined,
    ),
    fileLimits: [fileLimitOf('this shell', 'self'), ...limits].filter((limit) => limit !== undefined),
    spaces: [...refusedInProduction(where.env), ...refusedSpaces(where)],
    unknownVariables: unknownVariables(where.env, where.spacesPath),
  };
}

const clocksOf = async (balancer: BalancerFacts | undefined, now: Now) => nodeClocks(balancer?.nodes ?? [], now);

function refusedSpaces({ spacesPath, env }: Where): readonly string[] {
  try {
    loadSpaces(spacesPath, env);
    return [];
  } catch (error) {
    if (error instanceof Misconfiguration) return error.problems;
    throw error;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  // Node reports a refused connection to `localhost` as several errors under one without a message.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
