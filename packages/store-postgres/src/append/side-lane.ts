import { Failure } from '@parley/core';
import { type Entry, nextBatch } from './batch.ts';
import type { StoreRows } from './store-rows.ts';

export type SideLane = {
  /** Whether messages of this conversation wait here; then newer ones have to follow them. */
  holds(no: number): boolean;
  add(entry: Entry): void;
  drained(): Promise<void>;
};

/** How long a message waits for whoever holds its conversation. Nothing of it was stored: `busy` is a definite answer. */
export const heldMaxMs = 5_000;

/**
 * Messages of conversations that somebody else holds. One conversation after the other is waited for, as long as a batch
 * may wait; in between all the others are tried without waiting, so that none stands behind another's holder.
 */
export function createSideLane(store: StoreRows): SideLane {
  const waiting = new Map<number, Entry[]>();
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (waiting.size > 0) {
      const [next] = waiting;
      if (!next) break;
      const [no, entries] = next;
      // To the end of the line first, so that the next pass waits for another one.
      waiting.delete(no);
      waiting.set(no, entries);
      await pass(entries, 'wait only');
      await pass(
        [...waiting].flatMap(([other, rows]) => (other === no ? [] : rows)),
        'never wait',
      );
      giveUpLate();
    }
    running = undefined;
  }

  async function pass(candidates: readonly Entry[], mode: 'wait only' | 'never wait'): Promise<void> {
    const { batch: entries } = nextBatch(candidates);
    if (entries.length === 0) return;
    const { held, away } = await store(entries, mode);
    const answered = new Set(entries);
    for (const entry of held) answered.delete(entry);
    forget((entry) => answered.has(entry));
    if (away) forget((entry) => reject(entry, away));
  }

  function giveUpLate(): void {
    const arrivedBefore = performance.now() - heldMaxMs;
    const failure = new Failure('busy', 'Somebody else holds this conversation.');
    forget((entry) => entry.arrivedAt < arrivedBefore && reject(entry, failure));
  }

  /** Takes entries out; what was added to a conversation meanwhile stays behind those that remain. */
  function forget(answered: (entry: Entry) => boolean): void {
    for (const [no, rows] of waiting) {
      const rest = rows.filter((entry) => !answered(entry));
      if (rest.length === 0) waiting.delete(no);
      else if (rest.length < rows.length) waiting.set(no, rest);
    }
  }

  return {
    holds: (no) => waiting.has(no),
    add(entry) {
      const rows = waiting.get(entry.message.no);
      if (rows) rows.push(entry);
      else waiting.set(entry.message.no, [entry]);
      running ??= run();
    },
    drained: async () => {
      await running;
    },
  };
}

function reject(entry: Entry, failure: Failure): true {
  entry.reject(failure);
  return true;
}
