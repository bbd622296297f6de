import { readLeases } from '@parley/presence-redis';
import { connectRedisCluster, type RedisClient, redisUrls } from '@parley/node-kit';
import { Redis } from 'ioredis';
import { type Health, postgresHealth, redisHealth, withoutPassword } from '../health.ts';
import { openBalancer, type Slot } from '../parts/haproxy-admin.ts';
import type { RunningProcess } from '../state.ts';
import { type NodeStatus, nodeStatus } from './node-status.ts';
import { problemsOf } from './problems.ts';

export type ServerStatus = Health & { url: string };

export type BalancerStatus =
  | { up: true; version: string; uptimeS: number; connections: number; connectionsMax: number; nodes: number }
  | { up: false; reason: string };

export type ClusterStatus = {
  /** There are no problems. */
  healthy: boolean;
  /** What is missing, and who was asked and stayed silent; a line each. */
  problems: string[];
  startedAt?: string;
  nodes: NodeStatus[];
  /** Of all socket nodes. */
  connections: number;
  /** Rooms in which somebody listens, anywhere. */
  rooms?: number;
  database?: ServerStatus;
  redis?: ServerStatus;
  /** Where presence is, when that is another one. */
  presenceRedis?: ServerStatus;
  haproxy?: BalancerStatus;
};

/** The channels of rooms, whose names have a colon; each node has a channel of its own besides. */
const ROOM_CHANNELS = 'parley#/#*:*#';

type Where = {
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  presenceRedisUrl?: string | undefined;
  adminSocket: string | undefined;
  startedAt: string | undefined;
  /** Those that run on this machine, where they are known. */
  processes?: readonly RunningProcess[] | undefined;
};

/** Asks everybody at once; nobody's silence hides the others. */
export async function clusterStatus(where: Where): Promise<ClusterStatus> {
  const { databaseUrl, redisUrl, presenceRedisUrl, adminSocket, startedAt, processes = [] } = where;
  const identityOf = ({ slot }: Slot) => processes.find(({ name }) => name === slot)?.identity;
  const [database, redis, presenceRedis, balanced] = await Promise.all([
    databaseUrl === undefined ? undefined : serverStatus(databaseUrl, postgresHealth),
    redisUrl === undefined ? undefined : serverStatus(redisUrl, redisHealth),
    presenceRedisUrl === undefined ? undefined : serverStatus(presenceRedisUrl, redisHealth),
    adminSocket === undefined ? undefined : balancerStatus(adminSocket),
  ]);
  const [rooms, leases = []] = await Promise.all([
    redis?.up ? fromRedis(redisUrl, countRooms) : undefined,
    (presenceRedis ?? redis)?.up ? fromRedis(presenceRedisUrl ?? redisUrl, readLeases) : undefined,
  ]);
  const nodes = await Promise.all((balanced?.slots ?? []).map((slot) => nodeStatus(slot, leases, identityOf(slot))));
  const haproxy = balanced?.status;
  const servers = {
    ...(database && { database }),
    ...(redis && { redis }),
    ...(presenceRedis && { presenceRedis }),
    ...(haproxy && { haproxy }),
  };
  const problems = problemsOf({ nodes, ...servers });
  return {
    healthy: problems.length === 0,
    problems,
    ...(startedAt !== undefined && { startedAt }),
    nodes,
    connections: nodes.reduce((sum, node) => sum + (node.connections ?? 0), 0),
    ...(rooms !== undefined && { rooms }),
    ...servers,
  };
}

async function serverStatus(url: string, health: (url: string) => Promise<Health>): Promise<ServerStatus> {
  return { ...(await health(url)), url: withoutPassword(url) };
}

async function balancerStatus(adminSocket: string): Promise<{ status: BalancerStatus; slots: Slot[] }> {
  const admin = openBalancer(adminSocket);
  try {
    const [info, all] = await Promise.all([admin.info(), admin.slots()]);
    const slots = all.filter(({ status }) => !status.startsWith('MAINT'));
    const number = (name: string): number => Number(info.get(name));
    return {
      slots,
      status: {
        up: true,
        version: info.get('Version') ?? '',
        uptimeS: number('Uptime_sec'),
        connections: number('CurrConns'),
        connectionsMax: number('Maxconn'),
        nodes: slots.filter(({ status }) => status.startsWith('UP')).length,
      },
    };
  } catch (error) {
    return { slots: [], status: { up: false, reason: error instanceof Error ? error.message : String(error) } };
  }
}

const commandTimeout = 2_000;

/** @returns nothing when it does not answer; why is told by `redisHealth` already */
async function fromRedis<T>(url: string | undefined, ask: (redis: RedisClient) => Promise<T>): Promise<T | undefined> {
  if (url === undefined) return undefined;
  const urls = redisUrls(url);
  const redis =
    urls.length > 1
      ? connectRedisCluster(urls, {
          lazyConnect: true,
          clusterRetryStrategy: () => null,
          redisOptions: { commandTimeout },
        })
      : new Redis(url, { lazyConnect: true, retryStrategy: () => null, commandTimeout });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await ask(redis);
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

async function countRooms(redis: RedisClient): Promise<number> {
  const servers = redis instanceof Redis ? [redis] : redis.nodes('master');
  const channels = await Promise.all(servers.map((server) => server.call('PUBSUB', 'SHARDCHANNELS', ROOM_CHANNELS)));
  return channels.flat().length;
}
