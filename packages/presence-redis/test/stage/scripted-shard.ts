import type { Transition } from '@parley/core';
import type { Presence } from '@parley/protocol';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import type { Durations } from '../../src/durations.ts';
import { shardKeys } from '../../src/keys.ts';
import { member, userKey } from '../../src/members.ts';
import { createOperations, type Operations, type Status } from '../../src/operations.ts';
import { scriptText, type ScriptName } from '../../src/scripts.ts';

type Connected = { space: string; userId: string; connectionId: string };

/**
 * The scripts of one shard in a real Redis, with a clock that stands still until it is set, and with announcements kept
 * in a list instead of published.
 */
export function scriptedShard(redis: Redis, prefix: string, durations: Durations, perCallMax: number) {
  const keys = shardKeys(prefix, 0);
  const clock = `${keys.shared[0]}:clock`;
  const operations = new Map<string, Operations>();
  const run = (name: ScriptName, scriptKeys: readonly string[], args: readonly (string | number)[]) =>
    redis.eval(underTest(scriptText(name)), scriptKeys.length, ...scriptKeys, ...args);
  const by = (node: string): Operations => {
    const made = operations.get(node) ?? createOperations(run, keys, node, durations, perCallMax, perCallMax);
    operations.set(node, made);
    return made;
  };
  const membersOf = (node: string, connections: readonly Connected[]) =>
    connections.map(({ space, userId, connectionId }) => member(space, userId, node, connectionId));

  return {
    by,
    membersOf,
    setClock: (now: number) => redis.set(clock, now, 'PX', durations.keepMs),
    /** As the sweeper does it, until there is nothing left to do. */
    async sweepAll() {
      for (let more = true; more; ) {
        const { taken, gone } = await by('sweeper').sweep();
        for (const node of gone) while ((await by('sweeper').lose(node)).left > 0);
        more = taken >= perCallMax || gone.length > 0;
      }
    },
    async settleAll(node: string, round: number) {
      while ((await by(node).settle(round)).left > 0);
    },
    async read(space: string, userId: string): Promise<Presence> {
      const [status] = await by('reader').read([userKey(space, userId)]);
      return presenceOf(userId, status);
    },
    /** As a whole board pages it. */
    async online(space: string): Promise<string[] | undefined> {
      const found: string[] = [];
      for (let after = ''; ; ) {
        const page = await by('reader').online(space, after, { named: true });
        const counted = await by('reader').online(space, after, { named: false });
        if (!page || !counted) return undefined;
        expect(counted).toEqual({ ...page, users: [], count: page.users.length });
        found.push(...page.users);
        if (!page.more) return found;
        after = page.last;
      }
    },
    async takeAnnounced(): Promise<Transition[]> {
      const texts = await redis.lrange(keys.channel, 0, -1);
      await redis.del(keys.channel);
      return texts.flatMap((text) => {
        const [, changes] = JSON.parse(text) as [number, [string, string, Status, number?][]];
        return changes.map(([space, userId, status, seenAt]) => ({
          space,
          presence: {
            ...presenceOf(userId, status),
            ...(seenAt !== undefined && { lastSeen: new Date(seenAt).toISOString() }),
          },
        }));
      });
    },
  };
}

function underTest(text: string): string {
  const timed = text.replace(
    /local time = redis\.call\('TIME'\)\nlocal now = .*\n/,
    "local now = tonumber(redis.call('GET', KEYS[1] .. ':clock'))\n",
  );
  const silent = timed.replace("redis.call('SPUBLISH'", "redis.call('RPUSH'");
  if (timed === text || silent === timed) throw new Error('a script no longer reads its time or publishes as expected');
  return silent;
}

function presenceOf(userId: string, status: Status | undefined): Presence {
  if (status === 'stale') return { userId, status: 'online', stale: true };
  return { userId, status: status ?? 'unknown' };
}
