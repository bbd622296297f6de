import { Failure } from '@parley/core';
import { type Logger, wallClockMs } from '@parley/node-kit';
import { failureOf, isAboutRows, sqlStateOf } from '../failures.ts';
import type { StoreMetrics } from '../metrics.ts';
import { type Around, type Entry, storeBatch } from './batch.ts';

/** What to do about conversations that somebody else holds for longer than a batch may wait. */
type HeldMode = 'leave out' | 'wait only' | 'never wait';

type Stored = {
  /** Entries of held conversations, in order; they still wait. Everybody else was answered. */
  held: Entry[];
  /** There is no connection and none can be made: nothing was sent. */
  away?: Failure;
};

/** Stores entries so that each gets its own answer, whatever happens to the batch. Never throws. */
export type StoreRows = (entries: readonly Entry[], mode: HeldMode) => Promise<Stored>;

const lockNotAvailable = '55P03';

export function createStoreRows(around: Around & { log: Logger; metrics: StoreMetrics }): StoreRows {
  const { log, metrics } = around;

  async function storeRows(entries: readonly Entry[], mode: HeldMode): Promise<Stored> {
    metrics.batchRows.observe(entries.length);
    const stop = metrics.batchSeconds.startTimer();
    for (const { message } of entries) if (message.hops) message.hops.sentAt = wallClockMs();
    try {
      return { held: await storeBatch(around, entries, mode !== 'never wait').finally(() => stop()) };
    } catch (error) {
      if (sqlStateOf(error) === lockNotAvailable) {
        // Nothing was stored. Alone it is known who is held; among others the statement says it, without waiting.
        if (mode === 'wait only' || entries.length === 1) return { held: [...entries] };
        return storeRows(entries, 'never wait');
      }
      if (entries.length > 1 && isAboutRows(error)) {
        metrics.rowByRowBatches.inc();
        log.warn({ err: error, rows: entries.length }, 'a batch failed; its rows are stored one by one');
        return rowByRow(entries, mode);
      }
      const failure = failureOf(error, 'writing');
      for (const entry of entries) entry.reject(failure);
      return error instanceof Failure && error.code === 'unavailable' ? { held: [], away: error } : { held: [] };
    }
  }

  /** In order, so that one bad row refuses only itself; a row behind a held one of its conversation is held with it. */
  async function rowByRow(entries: readonly Entry[], mode: HeldMode): Promise<Stored> {
    const held: Entry[] = [];
    const heldNos = new Set<number>();
    for (const entry of entries) {
      if (heldNos.has(entry.message.no)) {
        held.push(entry);
        continue;
      }
      const one = await storeRows([entry], mode);
      for (const each of one.held) {
        held.push(each);
        heldNos.add(each.message.no);
      }
    }
    return { held };
  }

  return storeRows;
}
