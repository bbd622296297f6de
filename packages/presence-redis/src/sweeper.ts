import type { Durations } from './durations.ts';
import { membersPerCallMax, sweepPauseMs } from './limits.ts';
import type { UserKey } from './members.ts';
import type { PresenceMetrics } from './metrics.ts';
import type { Operations } from './operations.ts';

type Parts = {
  operations: Operations;
  durations: Durations;
  metrics: PresenceMetrics;
  onSeen: (seen: { user: UserKey; at: number }[]) => void;
  onDue: () => void;
};

/**
 * Sweeps one shard while this node is elected. A sweep says when the next one has something to do, so that graces end
 * on time without polling: a grace that begins later cannot end sooner than one grace from now.
 */
export function createSweeper({ operations, durations, metrics, onSeen, onDue }: Parts) {
  const restMsMax = Math.min(durations.renewMs, durations.graceMs);
  let elected = false;
  let sweepDue = false;
  let gone: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const plan = (waitMs: number) => {
    timer = setTimeout(() => {
      timer = undefined;
      sweepDue = true;
      onDue();
    }, waitMs);
  };

  async function sweep() {
    sweepDue = false;
    const { taken, announced, waitMs, gone: found, seen } = await operations.sweep();
    metrics.sweeps.inc();
    metrics.transitions.inc({ cause: 'sweep' }, announced);
    gone = found;
    if (seen.length > 0) onSeen(seen);
    if (!elected) return;
    const more = taken >= membersPerCallMax;
    plan(more ? 0 : Math.max(sweepPauseMs, Math.min(restMsMax, waitMs < 0 ? restMsMax : waitMs)));
  }

  async function lose(node: string) {
    const { moved, left, announced } = await operations.lose(node);
    metrics.ghosts.inc(moved);
    metrics.transitions.inc({ cause: 'lost' }, announced);
    if (left === 0) gone = gone.filter((other) => other !== node);
  }

  return {
    get due() {
      return elected && (sweepDue || gone.length > 0);
    },
    step() {
      const [node] = gone;
      return node === undefined ? sweep() : lose(node);
    },
    elect(now: boolean) {
      if (now === elected) return;
      elected = now;
      gone = [];
      sweepDue = now;
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
