import type { History, Invariant, Violation } from './history.ts';
import { ackedIsStored } from './i1-acked-is-stored.ts';
import { storedOnce } from './i2-stored-once.ts';
import { oneFunction } from './i3-one-function.ts';
import { dense } from './i4-dense.ts';
import { inOrderOnce } from './i5-in-order-once.ts';
import { realTime } from './i6-real-time.ts';
import { withinMembership } from './i7-within-membership.ts';
import { unreadIsDerived } from './i11-unread.ts';
import { refusedChangedNothing } from './i12-refused-changed-nothing.ts';

export type * from './history.ts';

const invariants: Record<Violation['invariant'], Invariant> = {
  I1: ackedIsStored,
  I2: storedOnce,
  I3: oneFunction,
  I4: dense,
  I5: inOrderOnce,
  I6: realTime,
  I7: withinMembership,
  I11: unreadIsDerived,
  I12: refusedChangedNothing,
};

/** Decides whether a run kept the promises of PROTOCOL.md. Pure: the same history always has the same violations. */
export function check(history: History): Violation[] {
  return Object.entries(invariants).flatMap(([invariant, holds]) =>
    holds(history).map((message) => ({ invariant: invariant as Violation['invariant'], message })),
  );
}
