import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Part, startRedis } from '@parley/cluster';
import { Redis } from 'ioredis';
import { until } from './until.ts';

const primaries = 3;
const slots = 16_384;

/** A Redis Cluster of three primaries, each with so many replicas. */
export async function startRedisCluster({ replicas = 0 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'parley-redis-cluster-'));
  const parts: Part[] = [];
  const starts: (() => Promise<Part>)[] = [];
  for (let i = 0; i < primaries * (1 + replicas); i += 1) {
    const port = await freePort();
    const settings = {
      'cluster-enabled': 'yes',
      'cluster-port': String(await freePort()),
      'cluster-node-timeout': '2000',
      // A replica gets its copy at once, instead of waiting five seconds for others that might want one.
      'repl-diskless-sync-delay': '0',
      // What the other slots hold can be told while one primary is away.
      'cluster-require-full-coverage': 'no',
    };
    const start = () => startRedis({ port, dir: join(dir, String(i)), logFile: join(dir, `${i}.log`), settings });
    starts.push(start);
    parts.push(await start());
  }
  const nodes = parts.map(({ url }) => new Redis(url));
  const [first] = nodes;
  for (const [i, node] of nodes.entries()) {
    const from = Math.floor((slots * i) / primaries);
    const to = Math.floor((slots * (i + 1)) / primaries) - 1;
    if (i < primaries) await node.cluster('ADDSLOTSRANGE', from, to);
    const [, busPort = ''] = await node.config('GET', 'cluster-port');
    await first?.call('CLUSTER', 'MEET', '127.0.0.1', String(parts[i]?.port), busPort);
  }
  for (const node of nodes) {
    await until(async () => (await node.cluster('INFO')).includes(`cluster_known_nodes:${nodes.length}`), {
      withinMs: 15_000,
      what: 'the Redis Cluster knows its nodes',
    });
    await until(async () => (await node.cluster('INFO')).includes('cluster_state:ok') && (await coversAll(node)), {
      withinMs: 15_000,
      what: 'the Redis Cluster is complete',
    });
  }
  const ids = await Promise.all(nodes.map((node) => node.cluster('MYID')));
  for (const [i, node] of nodes.entries()) {
    if (i < primaries) continue;
    await node.call('CLUSTER', 'REPLICATE', ids[i % primaries] ?? '');
    await until(async () => (await node.info('replication')).includes('master_link_status:up'), {
      withinMs: 15_000,
      what: 'a replica follows its primary',
    });
  }
  for (const node of nodes) node.disconnect();
  return {
    url: parts.map(({ url }) => url).join(','),
    parts,
    /** The primary dies, and comes back with its slots but without its data. */
    async restart(primary: number) {
      parts[primary]?.signal('SIGKILL');
      await parts[primary]?.exited;
      const again = await starts[primary]?.();
      if (again) parts[primary] = again;
    },
    /** The slots that a primary began with. */
    slotsOf(primary: number): number[] {
      const [first, end] = [primary, primary + 1].map((i) => Math.floor((slots * i) / primaries));
      return Array.from({ length: (end ?? 0) - (first ?? 0) }, (_, i) => (first ?? 0) + i);
    },
    /** What one primary has now: its keys, and the channels that somebody hears there, each with its slot. */
    async inUse(primary: number): Promise<Record<'keys' | 'channels', { name: string; slot: number }[]>> {
      const node = new Redis(parts[primary]?.url ?? '');
      const withSlots = (names: readonly string[]) =>
        Promise.all(names.map(async (name) => ({ name, slot: await node.cluster('KEYSLOT', name) })));
      const keys = await withSlots(await node.keys('*'));
      const channels = await withSlots((await node.call('PUBSUB', 'SHARDCHANNELS')) as string[]);
      node.disconnect();
      return { keys, channels };
    },
    /** Moves slots that one primary has to another one, with what is in them, as `redis-cli --cluster reshard` does. */
    async moveSlots(from: number, to: number, moved: readonly number[]) {
      const [source, target] = [new Redis(parts[from]?.url ?? ''), new Redis(parts[to]?.url ?? '')];
      const port = parts[to]?.port ?? 0;
      for (const slot of moved) {
        await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from] ?? '');
        await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to] ?? '');
        const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[];
        if (keys.length > 0) await source.call('MIGRATE', '127.0.0.1', port, '', 0, 5_000, 'KEYS', ...keys);
        for (const node of [target, source]) await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to] ?? '');
      }
      source.disconnect();
      target.disconnect();
    },
    async stop() {
      for (const part of parts) {
        part.signal('SIGCONT');
        await part.stop();
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function coversAll(node: Redis): Promise<boolean> {
  const ranges = (await node.cluster('SLOTS')) as [number, number][];
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0) === slots;
}
