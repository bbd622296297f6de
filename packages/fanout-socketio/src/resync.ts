import { setTimeout as pause } from 'node:timers/promises';
import { inBackground, type Logger } from '@parley/node-kit';
import type { HeadsTeller } from './heads.ts';
import type { Lane } from './lane.ts';
import { limits } from './limits.ts';
import type { Listeners } from './listeners.ts';
import type { FanoutMetrics } from './metrics.ts';
import type { Questions } from './repairs.ts';
import { inboxRoom } from './rooms.ts';
import type { Sequencer } from './sequencer.ts';

/** Why everything local has to be compared with the log. */
export type Trouble = 'redis' | 'postgres' | 'epoch' | 'truncated' | 'lease';

type Parts = {
  questions: Questions;
  listeners: Listeners;
  sequencer: Sequencer;
  heads: HeadsTeller;
  metrics: FanoutMetrics;
  logger: Logger;
  enabled: boolean;
};

/**
 * The net for when nobody knows what was missed: compares every conversation that is told to somebody here (or those of
 * some rooms) with the log, a part at a time with a pause of chance between, so that nodes that lost the same thing do
 * not ask together. Trouble that comes while it runs makes it run again.
 */
export function createResync({ questions, listeners, sequencer, heads, metrics, logger, enabled }: Parts) {
  let running = false;
  const ending = new AbortController();
  let wanted: ReadonlySet<string> | 'all' | undefined;

  const run = async () => {
    running = true;
    while (wanted && !ending.signal.aborted) {
      const rooms = wanted;
      wanted = undefined;
      try {
        await compare(rooms);
      } catch (err) {
        logger.warn({ err }, 'standings cannot be read; they are asked for again');
        wanted = both(wanted, rooms);
        await pause(limits.logRetryMsMax, undefined, { ref: false });
      }
    }
    running = false;
  };

  const compare = async (rooms: ReadonlySet<string> | 'all') => {
    const byNo = new Map<number, Lane[]>();
    for (const lane of sequencer.lanes()) {
      if (rooms !== 'all' && !rooms.has(lane.room)) continue;
      const others = byNo.get(lane.no);
      if (others) others.push(lane);
      else byNo.set(lane.no, [lane]);
    }
    const nos = [...byNo.keys()];
    for (let i = 0; i < nos.length && !ending.signal.aborted; i += limits.standingsPerQuery) {
      await pause(Math.random() * limits.resyncPauseMsMax, undefined, { ref: false });
      for (const standing of await questions.standings(nos.slice(i, i + limits.standingsPerQuery))) {
        for (const { room } of byNo.get(standing.no) ?? []) sequencer.observe(room, standing, 'resync');
      }
    }
  };

  /** Every client that knows the epoch starts over; the others go on where the log stands now. */
  const beginAnew = () => {
    sequencer.beginAnew();
    const inboxes = new Set([...listeners.all()].map(({ space, userId }) => inboxRoom(space, userId)));
    for (const inbox of inboxes) heads.tellEpoch(inbox);
  };

  return {
    /** @param rooms only these, or all */
    repair(trouble: Trouble, rooms: readonly string[] | 'all' = 'all'): void {
      metrics.resyncs.inc({ trouble });
      if (!enabled || ending.signal.aborted) return;
      if (trouble === 'epoch') beginAnew();
      wanted = both(wanted, rooms === 'all' ? 'all' : new Set(rooms));
      if (!running) inBackground(logger, 'fanout.resync', run());
    },
    close(): void {
      ending.abort();
    },
  };
}

function both(a: ReadonlySet<string> | 'all' | undefined, b: ReadonlySet<string> | 'all'): ReadonlySet<string> | 'all' {
  if (a === 'all' || b === 'all') return 'all';
  return new Set([...(a ?? []), ...b]);
}
