import type { RedisClient } from '@parley/node-kit';
import { durationsFrom } from './durations.ts';
import { keyPrefixDefault, shardKeys } from './keys.ts';
import { shardsDefault } from './limits.ts';

/** How long ago a node last renewed its lease, on the shard that it renewed least recently. */
export type Lease = { nodeId: string; renewedAgoMs: number };

/**
 * The leases of all nodes as Redis holds them, for operators: reads only, renews and sweeps nothing.
 * Nodes whose lease has run out but was not swept yet are among them. In Redis' own time.
 */
export async function readLeases(redis: RedisClient, keyPrefix: string = keyPrefixDefault): Promise<Lease[]> {
  const { leaseMs } = durationsFrom({});
  const [seconds = 0, microseconds = 0] = (await redis.time()).map(Number);
  const nowMs = seconds * 1000 + Math.floor(microseconds / 1000);
  const oldest = new Map<string, number>();
  for (let shard = 0; shard < shardsDefault; shard++) {
    const [, leases] = shardKeys(keyPrefix, shard).shared;
    const nodes = await redis.zrange(leases, '0', '-1');
    const ends = nodes.length === 0 ? [] : await redis.zmscore(leases, ...nodes);
    for (const [index, node] of nodes.entries()) {
      const endsAt = Number(ends[index]);
      // A process has a name of its own behind the node's, because every start is another node.
      const nodeId = node.slice(0, node.lastIndexOf('~'));
      oldest.set(nodeId, Math.max(oldest.get(nodeId) ?? 0, nowMs - (endsAt - leaseMs)));
    }
  }
  return [...oldest].map(([nodeId, renewedAgoMs]) => ({ nodeId, renewedAgoMs }));
}
