import { membersPerCallMax } from './limits.ts';
import type { Member } from './members.ts';
import type { PresenceMetrics } from './metrics.ts';
import type { Operations } from './operations.ts';
import type { Roster } from './roster.ts';

/**
 * Registers everything again, in rounds: each connection is named with the number of the round, and what an older round
 * named and this one did not was closed in between. Needed at the start, and whenever Redis may hold something else than
 * this node believes.
 */
export function createRegistration(roster: Roster, operations: Operations, metrics: PresenceMetrics) {
  let round = 0;
  /** `wanted`: a new round must begin. `settling`: all was named, old rounds are being closed. */
  let phase: 'wanted' | 'naming' | 'settling' | 'done' = 'wanted';
  let rest: Member[] = [];

  const register = async (members: readonly Member[]): Promise<boolean> => {
    const { leaseMissing, announced } = await operations.register(round, members);
    if (leaseMissing) {
      phase = 'wanted';
      return false;
    }
    metrics.transitions.inc({ cause: 'register' }, announced);
    roster.confirm(members);
    return true;
  };

  const steps = {
    async wanted() {
      if (round > 0) metrics.reregistrations.inc();
      round += 1;
      rest = roster.startOver();
      phase = 'naming';
    },
    async naming() {
      const members = rest.splice(-membersPerCallMax).filter((member) => roster.wants(member));
      if (members.length > 0 && !(await register(members))) return;
      if (rest.length === 0) phase = 'settling';
    },
    async settling() {
      const { left } = await operations.settle(round);
      if (left === 0) phase = 'done';
    },
    async done() {},
  };

  return {
    get due() {
      return phase !== 'done';
    },
    step: () => steps[phase](),
    /** @returns false when the node has no lease: nothing was registered, and a new round is due */
    register,
    startOver() {
      phase = 'wanted';
    },
    /** A renewal tells what the shard holds of this node; while a round is under way, only the lease can be judged. */
    compare({ leaseHeld, count }: { leaseHeld: boolean; count: number }) {
      const differs = phase === 'done' && count !== roster.confirmedSize;
      if (!leaseHeld || differs) phase = 'wanted';
    },
  };
}
