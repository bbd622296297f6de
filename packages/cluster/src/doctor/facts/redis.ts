import { redisUrls } from '@parley/node-kit';
import type { Redis } from 'ioredis';
import { askRedis } from '../../ask-redis.ts';
import { isOfCluster } from '../../lone-node.ts';
import { compareClock, type Now } from './clock.ts';
import type { Clock } from './facts.ts';

const portDefault = 6_379;

export type RedisFacts = {
  prefix: RedisName['prefix'];
  /** A node of a Redis Cluster that is named as if it were one Redis. */
  isLoneNode: boolean;
  title: 'Redis' | 'Valkey';
  /** As it says it: `7.2.4`. A Valkey says the Redis that it is compatible with. */
  version: string;
  memory: { usedBytes: number; maxBytes: number; policy: string };
  /** `client-output-buffer-limit` for subscribers; 0 is no limit. Absent where CONFIG is not permitted. */
  pubsubBuffer?: { hardBytes: number; softBytes: number; softS: number };
  clock: Clock;
};

export type RedisName = {
  /** What it is, where it is silent or its clock is told. */
  name: string;
  /** What findings about it begin with; nothing where there is nothing to tell apart. */
  prefix: string;
};

export type RedisServer = RedisName & { url: string; namedAlone: boolean };

/**
 * The servers that a URL means: a Redis alone, or every node of a Redis Cluster, also those that it does not name.
 * @throws Error when none of the named ones answers
 */
export async function redisServers({ name, prefix }: RedisName, redisUrl: string): Promise<RedisServer[]> {
  const [first, ...others] = redisUrls(redisUrl);
  if (others.length === 0) return [{ name, prefix, url: first, namedAlone: true }];
  const announced = await askRedis(redisUrl, announcedNodes);
  const named = [first, ...others].map(hostOf);
  const unknown = await Promise.all(named.map((host) => unlessAnnounced(host, first, announced)));
  const hosts = new Set([...announced.values(), ...unknown.filter((host) => host !== undefined)]);
  return [...hosts].map((host) => {
    return { name: `${name} ${host}`, prefix: `${name} ${host}: `, url: urlAt(host, first), namedAlone: false };
  });
}

/** The nodes by their ids, each with the host and port by which nodes of ours reach it: they, too, ask CLUSTER SLOTS. */
async function announcedNodes(redis: Redis): Promise<Map<string, string>> {
  const ranges = await redis.cluster('SLOTS');
  return new Map(
    ranges.flatMap(([, , ...nodes]) =>
      nodes.map(([announced, port, id]: [host: string | null, port: number, id: string, info: unknown]) => {
        // A node that announces no host is at the one where it was asked, says the protocol.
        const host = (announced === '?' ? '' : announced) || (redis.options.host ?? '');
        return [id, `${host.includes(':') ? `[${host}]` : host}:${port}`] as const;
      }),
    ),
  );
}

/** A named node that has no slots, or does not answer; of one that is announced under another name, nothing. */
async function unlessAnnounced(
  host: string,
  first: string,
  announced: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const id = await askRedis(urlAt(host, first), (redis) => redis.cluster('MYID')).catch(() => undefined);
  return id !== undefined && announced.has(id) ? undefined : host;
}

function hostOf(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || portDefault}`;
}

/** User, password and TLS of all nodes are those of the first that is named. */
function urlAt(host: string, first: string): string {
  const url = new URL(first);
  url.host = host;
  return url.href;
}

/** @throws Error when it does not answer */
export const redisFacts = ({ name, prefix, url, namedAlone }: RedisServer, now: Now): Promise<RedisFacts> =>
  askRedis(url, async (redis) => {
    const said = await redis.info();
    const info = new Map(said.split('\r\n').map((line) => line.split(':', 2) as [string, string]));
    const buffer = await pubsubBuffer(redis);
    return {
      prefix,
      isLoneNode: namedAlone && isOfCluster(said),
      title: info.has('valkey_version') ? 'Valkey' : 'Redis',
      version: info.get('redis_version') ?? '0',
      memory: {
        usedBytes: Number(info.get('used_memory')),
        maxBytes: Number(info.get('maxmemory') ?? 0),
        policy: info.get('maxmemory_policy') ?? 'noeviction',
      },
      ...(buffer && { pubsubBuffer: buffer }),
      clock: await compareClock(name, now, async () => {
        const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
        return seconds * 1000 + microseconds / 1000;
      }),
    };
  });

async function pubsubBuffer(redis: Redis): Promise<RedisFacts['pubsubBuffer']> {
  // Managed servers and narrow ACLs refuse CONFIG.
  const [, limits = ''] = await redis.config('GET', 'client-output-buffer-limit').then(
    (answer) => answer,
    () => [],
  );
  const [, hard, soft, seconds] = /pubsub (\d+) (\d+) (\d+)/.exec(limits) ?? [];
  return hard === undefined ? undefined : { hardBytes: Number(hard), softBytes: Number(soft), softS: Number(seconds) };
}
