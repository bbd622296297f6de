import type { Durations } from './durations.ts';
import type { ShardKeys } from './keys.ts';
import { connectionsPerPageMax, membersPerCallMax } from './limits.ts';
import type { Member, UserKey } from './members.ts';
import type { Run, ScriptName } from './scripts.ts';

export type Status = 'online' | 'stale' | 'offline';

/** The scripts of one shard as functions of one node; shapes as their headers say. Each rejects when Redis is away. */
export function createOperations(
  runScript: Run,
  keys: ShardKeys,
  node: string,
  durations: Durations,
  perCallMax = membersPerCallMax,
  connectionsMax = connectionsPerPageMax,
) {
  const { leaseMs, youthMs, keepMs, graceMs, lostGraceMs, renewMs } = durations;
  const common = [leaseMs, youthMs, keepMs];
  const run = (name: ScriptName, args: readonly (string | number)[], holder = node) =>
    runScript(name, [...keys.shared, keys.held(holder)], [...common, ...args]);

  return {
    async renew() {
      // A dead sweeper is replaced within a lease, so that the end of its own lease is noticed in time.
      const reply = (await run('renew', [node, renewMs * 2.5])) as number[];
      const [now = 0, held = 0, count = 0, unsureMs = 0, sweeps = 0, told = 0] = reply;
      return { now, leaseHeld: held === 1, count, unsureMs, sweeps: sweeps === 1, told };
    },
    async register(round: number, members: readonly Member[]) {
      const [count = 0, announced = 0] = (await run('register', [node, round, ...members])) as number[];
      return { leaseMissing: count < 0, announced };
    },
    async release(members: readonly Member[], afterMs: number) {
      await run('release', [afterMs, ...members]);
    },
    async settle(round: number) {
      const [, left = 0] = (await run('settle', [graceMs, round, perCallMax])) as number[];
      return { left };
    },
    async sweep() {
      const reply = await run('sweep', [graceMs, lostGraceMs, perCallMax]);
      const [taken, announced, waitMs, gone, seen] = reply as [number, number, number, string[], (string | number)[]];
      return { taken, announced, waitMs, gone, seen: pairs(seen) };
    },
    async lose(lostNode: string) {
      const reply = (await run('lose', [lostNode, lostGraceMs, perCallMax], lostNode)) as number[];
      const [moved = 0, left = 0, announced = 0] = reply;
      return { moved, left, announced };
    },
    async retire() {
      await run('retire', [node, lostGraceMs]);
    },
    /** One page of who is online; `undefined` when the shard is unsure. */
    async online(space: string, after: string, { named }: { named: boolean }) {
      const reply = (await run('online', [space, after, connectionsMax, named ? 1 : 0])) as [
        number,
        number,
        ...string[],
      ];
      const [count, more, last = '', ...users] = reply;
      return reply.length === 0 ? undefined : { count, more: more === 1, last, users };
    },
    /** Empty when the shard is unsure. */
    read: async (users: readonly UserKey[]) => (await run('read', users)) as Status[],
  };
}

export type Operations = ReturnType<typeof createOperations>;

function pairs(flat: readonly (string | number)[]): { user: UserKey; at: number }[] {
  const found = [];
  for (let i = 0; i < flat.length; i += 2) found.push({ user: String(flat[i]), at: Number(flat[i + 1]) });
  return found;
}
