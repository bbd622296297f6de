import type { Transition } from '@parley/core';
import type { Presence } from '@parley/protocol';

export type PresenceDurations = { leaseMs: number; youthMs: number; graceMs: number; lostGraceMs: number };
export type Connected = { space: string; userId: string; connectionId: string };

type Entry = Connected & { node: string; round: number; kind: 'live' | 'closing' | 'lost'; ends: number };
type Status = 'online' | 'stale' | 'offline';

/**
 * The rules of presence for one shard, as plainly as they can be said: every question looks at every connection.
 * Boards in memory stand on it, and the scripts of a real board are compared with it, step by step.
 * Times are milliseconds that the caller gives.
 */
export function createPresenceModel({ leaseMs, youthMs, graceMs, lostGraceMs }: PresenceDurations) {
  const entries = new Map<string, Entry>();
  const leases = new Map<string, number>();
  const retired = new Map<string, number>();
  let beat: number | undefined;
  let born = 0;
  let announced: Transition[] = [];

  const slept = (now: number) => beat === undefined || Math.abs(now - beat) > leaseMs / 2;
  const unsure = (now: number) => slept(now) || born + youthMs > now;
  const of = (space: string, userId: string) =>
    [...entries.values()].filter((entry) => entry.space === space && entry.userId === userId);
  const heldBy = (node: string) => [...entries.values()].filter((e) => e.node === node && e.kind === 'live');
  const statusOf = (space: string, userId: string): Status => {
    const kinds = of(space, userId).map(({ kind }) => kind);
    if (kinds.length === 0) return 'offline';
    return kinds.every((kind) => kind === 'lost') ? 'stale' : 'online';
  };

  /** Carries out a change, and announces what became of these users unless the shard cannot tell. */
  const change = (now: number, touched: readonly Connected[], carryOut: () => void) => {
    const users = [...new Map(touched.map((one) => [`${one.space}\n${one.userId}`, one])).values()];
    const before = users.map(({ space, userId }) => statusOf(space, userId));
    const seenAt = users.map(({ space, userId }) => Math.max(...of(space, userId).map(lastSeen)));
    carryOut();
    users.forEach(({ space, userId }, i) => {
      const status = statusOf(space, userId);
      if (status === before[i] || unsure(now)) return;
      const seen = status === 'offline' ? { lastSeen: new Date(seenAt[i] ?? now).toISOString() } : {};
      announced.push({ space, presence: { ...presence(userId, status), ...seen } });
    });
  };
  const lastSeen = ({ kind, ends }: Entry) => ends - (kind === 'lost' ? lostGraceMs : graceMs);

  const endGraces = (now: number) => {
    const due = [...entries].filter(([, { kind, ends }]) => kind !== 'live' && ends <= now);
    change(
      now,
      due.map(([, entry]) => entry),
      () => due.forEach(([key]) => entries.delete(key)),
    );
  };
  const buryNodes = (now: number) => {
    for (const [node, ends] of retired) {
      for (const entry of heldBy(node)) Object.assign(entry, { kind: 'closing', ends });
      retired.delete(node);
      leases.delete(node);
    }
    for (const [node, ends] of leases) {
      if (ends > now) continue;
      const held = heldBy(node);
      const lose = () => held.forEach((entry) => Object.assign(entry, { kind: 'lost', ends: ends + lostGraceMs }));
      change(now, held, lose);
      leases.delete(node);
    }
  };

  return {
    /** @returns whether the lease was still good, how many connections are held, and whether the shard can tell */
    renew(now: number, node: string) {
      if (slept(now)) {
        born = now;
        for (const known of leases.keys()) leases.set(known, now + leaseMs);
      }
      beat = now;
      const leaseHeld = (leases.get(node) ?? 0) > now;
      leases.set(node, now + leaseMs);
      return { leaseHeld, count: heldBy(node).length, unsure: unsure(now) };
    },
    /** @returns false when the node has no lease, and nothing happened */
    register(now: number, node: string, round: number, connections: readonly Connected[]): boolean {
      if ((leases.get(node) ?? 0) <= now) return false;
      change(now, connections, () => {
        for (const one of connections)
          entries.set(keyOf(node, one), { ...one, node, round, kind: 'live', ends: Infinity });
      });
      return true;
    },
    release(now: number, node: string, connections: readonly Connected[], afterMs = graceMs) {
      for (const one of connections) {
        const entry = entries.get(keyOf(node, one));
        if (entry?.kind === 'live') Object.assign(entry, { kind: 'closing', ends: now + afterMs });
      }
    },
    settle(now: number, node: string, round: number) {
      for (const entry of heldBy(node)) {
        if (entry.round < round) Object.assign(entry, { kind: 'closing', ends: now + graceMs });
      }
    },
    retire(now: number, node: string) {
      leases.delete(node);
      if (heldBy(node).length > 0) retired.set(node, now + lostGraceMs);
    },
    sweep(now: number) {
      if (unsure(now)) return;
      endGraces(now);
      buryNodes(now);
      // A node may have been dead for so long, unnoticed, that its grace is over as well.
      endGraces(now);
    },
    read(now: number, space: string, userId: string): Presence {
      return unsure(now) ? { userId, status: 'unknown' } : presence(userId, statusOf(space, userId));
    },
    /** Ascending by bytes. `undefined`: nobody can tell. */
    online(now: number, space: string): string[] | undefined {
      if (unsure(now)) return undefined;
      const here = [...entries.values()].filter((entry) => entry.space === space);
      const bytes = [...new Set(here.map(({ userId }) => userId))].map((userId) => Buffer.from(userId));
      return bytes.sort((a, b) => a.compare(b)).map(String);
    },
    /** What was announced since the last time. */
    takeAnnounced(): Transition[] {
      const taken = announced;
      announced = [];
      return taken;
    },
    empty() {
      entries.clear();
      leases.clear();
      retired.clear();
      beat = undefined;
    },
  };
}

export type PresenceModel = ReturnType<typeof createPresenceModel>;

const keyOf = (node: string, { space, userId, connectionId }: Connected) =>
  [space, userId, node, connectionId].join('\n');

function presence(userId: string, status: Status): Presence {
  return status === 'stale' ? { userId, status: 'online', stale: true } : { userId, status };
}
