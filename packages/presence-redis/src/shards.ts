import type { Logger } from '@parley/node-kit';
import { membersPerCallMax } from './limits.ts';
import { shardOf, type UserKey } from './members.ts';
import type { PresenceMetrics } from './metrics.ts';
import type { Status } from './operations.ts';
import { createShard, type Shard, type ShardParts } from './shard.ts';

type Parts = Pick<ShardParts, 'durations' | 'metrics' | 'graceMs' | 'onLeaseLost' | 'onSeen'> & {
  count: number;
  operationsOf: (index: number) => ShardParts['operations'];
  onRenewed: (index: number, redisNow: number, told: number) => void;
  /** A shard can tell again. */
  onSure: () => void;
  metrics: PresenceMetrics;
  log: Logger;
};

/** All shards of one node, as one. */
export function createShards({ count, operationsOf, onRenewed, onSure, metrics, log, ...common }: Parts) {
  let up = false;
  const noteState = (err: unknown) => {
    const nowUp = shards.every(({ state }) => state !== 'away');
    if (nowUp === up) return;
    up = nowUp;
    metrics.redisUp.set(up ? 1 : 0);
    if (up) log.info('presence holds its leases');
    else log.warn({ err }, 'presence is away: its answers are unknown until Redis is back');
  };
  const shards: Shard[] = Array.from({ length: count }, (_, index) =>
    createShard({
      ...common,
      metrics,
      operations: operationsOf(index),
      onRenewed: (redisNow, told) => onRenewed(index, redisNow, told),
      onState(state, cause) {
        noteState(cause);
        if (state === 'sure') onSure();
      },
    }),
  );
  const of = (key: UserKey): Shard => shards[shardOf(key, count)] as Shard;

  return {
    of,
    renew() {
      for (const shard of shards) shard.renew();
      metrics.connections.set(shards.reduce((sum, { size }) => sum + size, 0));
    },
    /** How users stand, as far as anybody can tell; each shard is asked at the same time. */
    async read(users: ReadonlySet<UserKey>): Promise<Map<UserKey, Status>> {
      const found = new Map<UserKey, Status>();
      const calls = [...Map.groupBy(users, of)].flatMap(([shard, all]) =>
        slices(all, membersPerCallMax).map(async (slice) => {
          const statuses = await shard.read(slice);
          statuses?.forEach((status, i) => found.set(slice[i] as UserKey, status));
        }),
      );
      await Promise.all(calls);
      return found;
    },
    /** `undefined` when one shard cannot tell: a part of a number would be a false one. */
    async count(space: string): Promise<number | undefined> {
      const counts = await Promise.all(shards.map((shard) => shard.count(space)));
      return counts.every(isKnown) ? counts.reduce((sum, count) => sum + count, 0) : undefined;
    },
    async online(space: string, after: string, max: number): Promise<string[] | undefined> {
      const parts = await Promise.all(shards.map((shard) => shard.online(space, after, max)));
      return parts.every(isKnown) ? byBytes(parts.flat()).slice(0, max) : undefined;
    },
    /** @returns whether every lease was given up */
    async close(): Promise<boolean> {
      const retired = await Promise.allSettled(shards.map((shard) => shard.close()));
      return retired.every(({ status }) => status === 'fulfilled');
    },
  };
}

const isKnown = <T>(value: T | undefined): value is T => value !== undefined;

/** As Redis orders them: UTF-16, in which strings compare here, has another order beyond U+FFFF. */
function byBytes(userIds: readonly string[]): string[] {
  return userIds
    .map((userId) => ({ userId, bytes: Buffer.from(userId) }))
    .sort((a, b) => a.bytes.compare(b.bytes))
    .map(({ userId }) => userId);
}

function slices<T>(items: readonly T[], size: number): T[][] {
  const found: T[][] = [];
  for (let i = 0; i < items.length; i += size) found.push(items.slice(i, i + size));
  return found;
}
