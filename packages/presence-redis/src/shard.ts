import type { Durations } from './durations.ts';
import { membersPerCallMax, readsInFlightMax } from './limits.ts';
import type { Member, UserKey } from './members.ts';
import type { PresenceMetrics } from './metrics.ts';
import type { Operations, Status } from './operations.ts';
import { createRegistration } from './registration.ts';
import { createRoster } from './roster.ts';
import { createSweeper } from './sweeper.ts';

/** `away`: the last call failed. `young`: it answers, but cannot tell yet who is missing. */
export type ShardState = 'away' | 'young' | 'sure';

export type ShardParts = {
  operations: Operations;
  durations: Durations;
  metrics: PresenceMetrics;
  /** What a clean close waits: longer while this node drains. */
  graceMs: () => number;
  onState: (state: ShardState, cause?: unknown) => void;
  /** After each renewal: Redis' time, and how many announcements the shard made. */
  onRenewed: (redisNow: number, told: number) => void;
  /** This node had a lease and it ran out: others took it for dead meanwhile. */
  onLeaseLost: () => void;
  onSeen: (seen: { user: UserKey; at: number }[]) => void;
};

type Step = () => Promise<void>;

/**
 * One node's side of one shard. One call is under way at a time, so a renewal's count can be compared exactly; a call
 * that fails ends the work until the next renewal, which is the only thing that is tried while Redis is away.
 */
export function createShard(parts: ShardParts) {
  const { operations, durations, metrics, graceMs, onState, onRenewed, onLeaseLost, onSeen } = parts;
  const roster = createRoster();
  const registration = createRegistration(roster, operations, metrics);
  const sweeper = createSweeper({ operations, durations, metrics, onSeen, onDue: () => work() });
  let state: ShardState = 'away';
  let leaseEndsAt = Number.POSITIVE_INFINITY;
  let renewalDue = false;
  let reads = 0;
  let closed = false;
  let working = false;
  let lastRun = Promise.resolve();
  let scheduled: NodeJS.Immediate | undefined;

  const enter = (next: ShardState, cause?: unknown) => {
    if (state === next) return;
    state = next;
    onState(next, cause);
  };

  async function renew() {
    renewalDue = false;
    const sentAt = performance.now();
    const renewal = await operations.renew().catch((error: unknown) => {
      metrics.renewals.inc({ outcome: 'failed' });
      throw error;
    });
    const isFirst = leaseEndsAt === Number.POSITIVE_INFINITY;
    // By our own clock too: a renewal whose answer was lost may have taken the lease again without our knowing.
    const isLost = !isFirst && (!renewal.leaseHeld || sentAt > leaseEndsAt);
    metrics.renewals.inc({ outcome: isLost ? 'lost' : isFirst ? 'first' : 'held' });
    if (isLost) onLeaseLost();
    leaseEndsAt = sentAt + durations.leaseMs;
    registration.compare(renewal);
    sweeper.elect(renewal.sweeps && renewal.unsureMs === 0);
    onRenewed(renewal.now, renewal.told);
    enter(renewal.unsureMs > 0 ? 'young' : 'sure');
  }

  async function flush() {
    const { come, go } = roster.take(membersPerCallMax);
    if (come.length > 0) {
      const registered = await registration.register(come);
      // The shard was emptied since the last renewal: give this node a lease first.
      if (!registered) renewalDue = true;
    }
    if (go.length > 0) {
      await operations.release(go, graceMs());
      roster.forget(go);
    }
  }

  // In order of urgency: a late renewal costs the lease; a sweep is short and rests between two.
  const nextStep = (): Step | undefined => {
    if (closed) return undefined;
    if (renewalDue) return renew;
    if (state === 'away') return undefined;
    if (registration.due) return () => registration.step();
    if (sweeper.due) return () => sweeper.step();
    return roster.pending > 0 ? flush : undefined;
  };

  const run = async () => {
    working = true;
    for (let step = nextStep(); step; step = nextStep()) {
      try {
        await step();
      } catch (error) {
        // It may have been carried out or not: believe nothing, and register everything at the next chance.
        if (step !== renew) registration.startOver();
        sweeper.elect(false);
        enter('away', error);
      }
    }
    working = false;
  };
  const work = () => {
    if (!working) lastRun = run();
  };
  // Connections that come in one turn of the event loop are told in one call.
  const soon = () => {
    scheduled ??= setImmediate(() => {
      scheduled = undefined;
      work();
    });
  };
  const renewNow = () => {
    renewalDue = true;
    work();
  };

  // The first read to fail asks at once whether Redis is really away; the others need not.
  const probe = (cause: unknown) => {
    if (state === 'away') return;
    enter('away', cause);
    renewNow();
  };

  /** Asks Redis, unless it is known to be away or too many ask already. `undefined`: nobody can tell. */
  const ask = async <Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> => {
    if (closed || state === 'away' || reads >= readsInFlightMax) return undefined;
    reads += 1;
    try {
      return await question();
    } catch (error) {
      probe(error);
      return undefined;
    } finally {
      reads -= 1;
    }
  };

  return {
    connect(member: Member) {
      roster.want(member);
      soon();
    },
    disconnect(member: Member) {
      roster.unwant(member);
      soon();
    },
    renew: renewNow,
    /** At most `membersPerCallMax` users. `undefined`: nobody can tell. */
    async read(users: readonly UserKey[]): Promise<Status[] | undefined> {
      const found = await ask(() => operations.read(users));
      return found?.length === users.length ? found : undefined;
    },
    /** How many users of a space are online. `undefined`: nobody can tell. */
    async count(space: string): Promise<number | undefined> {
      let total = 0;
      for (let after = ''; ; ) {
        const page = await ask(() => operations.online(space, after, { named: false }));
        if (!page) return undefined;
        total += page.count;
        if (!page.more) return total;
        after = page.last;
      }
    },
    /** The first of those after a user, ascending by bytes; fewer than `max` only if there are no more. `undefined`: nobody can tell. */
    async online(space: string, after: string, max: number): Promise<string[] | undefined> {
      const users: string[] = [];
      for (let last = after; ; ) {
        const page = await ask(() => operations.online(space, last, { named: true }));
        if (!page) return undefined;
        users.push(...page.users);
        if (!page.more || users.length >= max) return users.slice(0, max);
        last = page.last;
      }
    },
    get state() {
      return state;
    },
    get size() {
      return roster.size;
    },
    /** Waits for the call that is under way, then gives up the lease. Rejects when Redis is away. */
    async close() {
      closed = true;
      clearImmediate(scheduled);
      sweeper.elect(false);
      await lastRun;
      await operations.retire();
    },
  };
}

export type Shard = ReturnType<typeof createShard>;
