import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Part, startRedis } from '@parley/cluster';
import { Redis } from 'ioredis';
import { until } from './until.ts';

const primaries = 3;
const slots = 16_384;

/** A Redis Cluster of three primaries without replicas. */
export async function startRedisCluster() {
  const dir = mkdtempSync(join(tmpdir(), 'parley-redis-cluster-'));
  const parts: Part[] = [];
  const starts: (() => Promise<Part>)[] = [];
  for (let i = 0; i < primaries; i += 1) {
    const port = await freePort();
    const settings = {
      'cluster-enabled': 'yes',
      'cluster-port': String(await freePort()),
      'cluster-node-timeout': '2000',
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
    await node.cluster('ADDSLOTSRANGE', from, to);
    const [, busPort = ''] = await node.config('GET', 'cluster-port');
    await first?.call('CLUSTER', 'MEET', '127.0.0.1', String(parts[i]?.port), busPort);
  }
  for (const node of nodes) {
    await until(async () => (await node.cluster('INFO')).includes(`cluster_known_nodes:${primaries}`), {
      withinMs: 15_000,
      what: 'the Redis Cluster knows its nodes',
    });
    await until(async () => (await node.cluster('INFO')).includes('cluster_state:ok') && (await coversAll(node)), {
      withinMs: 15_000,
      what: 'the Redis Cluster is complete',
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
