import { inBackground, type Logger } from '@parley/node-kit';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { StoreMetrics } from './metrics.ts';
import { query, type Slot, statement } from './statement.ts';

/** How many days each space keeps its messages; one that is not named keeps them for ever. */
export type RetentionDays = ReadonlyMap<string, number>;

/** From the end of one walk over all conversations to the next one. */
const walkEveryMs = 3_600_000;
/** How often a node asks whether a walk is due, or has been left by another node. */
const askEveryMs = 60_000;
/** Between two rounds, so that a walk leaves the database to those who chat. */
const pauseMs = 20;
/** What one round holds locks for is soon over: some 10 ms. */
const messagesPerRound = 500;
const conversationsPerRound = 500;

type Round = {
  spaces: readonly string[];
  days: readonly number[];
  everyMs: number;
  conversations: number;
  rows: number;
};
type Dropped = { more: boolean; spaces: string[]; dropped: number[] };

const dropOldMessages = statement('drop-old-messages', (slot: Slot<Round>) =>
  query
    .selectFrom(
      sql<Dropped>`drop_old_messages(${slot('spaces')}, ${slot('days')}, ${slot('everyMs')}, ${slot('conversations')}, ${slot('rows')})`.as(
        'round',
      ),
    )
    .selectAll(),
);

type Options = { db: Database; metrics: StoreMetrics; log: Logger };

/** Drops what is older than its space keeps. Nodes take turns: whoever has the lock works. */
export function createRetention({ db, metrics, log }: Options) {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /**
   * One round, in one short transaction.
   * @param everyMs how long after the end of the last walk the next one may begin
   * @returns whether the walk goes on; false also when another node is at it
   */
  async function drop(days: RetentionDays, everyMs: number): Promise<boolean> {
    const [round] = await db.write(dropOldMessages, {
      spaces: [...days.keys()],
      days: [...days.values()],
      everyMs,
      conversations: conversationsPerRound,
      rows: messagesPerRound,
    });
    round?.spaces.forEach((space, i) => metrics.droppedMessages.inc({ space }, round.dropped[i]));
    return round?.more ?? false;
  }

  function soon(days: RetentionDays, ms: number): void {
    if (closed) return;
    timer = setTimeout(() => inBackground(log, 'drop old messages', round(days)), ms);
    timer.unref();
  }

  async function round(days: RetentionDays): Promise<void> {
    let more = false;
    try {
      more = await drop(days, walkEveryMs);
    } finally {
      soon(days, more ? pauseMs : askEveryMs);
    }
  }

  return {
    drop,
    start(days: RetentionDays): void {
      if (days.size > 0) soon(days, 0);
    },
    stop(): void {
      closed = true;
      clearTimeout(timer);
    },
  };
}
