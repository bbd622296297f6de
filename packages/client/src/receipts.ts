import { isRetryable, ParleyError, toParleyError } from './error.ts';
import type { Inbox } from './inbox.ts';
import type { Ledger } from './ledger/ledger.ts';
import { backoffMs } from './backoff.ts';
import type { Call } from './sync.ts';
import type { Timers } from './timers.ts';

export type Receipts = {
  /** A ledger moved: its messages reached this device. */
  reached(ledger: Ledger): void;
  /** Counts as read at once, here; told to the server as soon as it can be, through reconnects. */
  read(conversationId: string, seq: number): Promise<void>;
  resume(): void;
  flush(): Promise<void>;
  close(): void;
};

/** Delivered receipts leave together, and so few that typing keeps most of the budget that it shares with them. */
const deliverEveryMs = 1_000;
const deliveredPerTurnMax = 4;
const backoff = { baseMs: 500, maxMs: 15_000 };

type Reading = { seq: number; done: (() => void)[]; failed: ((error: ParleyError) => void)[] };

/** How far this device is: delivered by itself, read when the application says so. */
export function createReceipts(inbox: Inbox, call: Call, timers: Timers, delivers: boolean): Receipts {
  const delivered = new Set<string>();
  const readings = new Map<string, Reading>();
  let failures = 0;
  let cancel: (() => void) | undefined;

  function later(): void {
    cancel ??= timers.after(deliverEveryMs, () => {
      cancel = undefined;
      void deliver(deliveredPerTurnMax);
    });
  }

  async function deliver(max: number): Promise<void> {
    const turn = [...delivered].slice(0, max);
    for (const id of turn) delivered.delete(id);
    await Promise.all(turn.map(deliverOne));
    if (delivered.size > 0) later();
  }

  async function deliverOne(conversationId: string): Promise<void> {
    const ledger = inbox.get(conversationId);
    if (!ledger || !isUndelivered(ledger)) return;
    const { seq } = ledger;
    try {
      await call('receipt.delivered', { conversationId, seq });
      inbox.apply(conversationId, { kind: 'delivered', seq });
    } catch (error) {
      // With the next message, or the next session, it is said again.
      if (isRetryable(toParleyError(error)) && toParleyError(error).code !== 'offline') delivered.add(conversationId);
    }
  }

  async function tellRead(conversationId: string): Promise<void> {
    const reading = readings.get(conversationId);
    if (!reading) return;
    const { seq } = reading;
    try {
      const { readSeq } = await call('receipt.read', { conversationId, seq });
      failures = 0;
      inbox.apply(conversationId, { kind: 'read', seq: readSeq });
      // Read further meanwhile: one more round, and everybody waits for that.
      if (reading.seq > seq) return await tellRead(conversationId);
      readings.delete(conversationId);
      for (const done of reading.done) done();
    } catch (cause) {
      const error = toParleyError(cause);
      if (!isRetryable(error)) {
        readings.delete(conversationId);
        for (const fail of reading.failed) fail(error);
      } else if (error.code !== 'offline') {
        failures += 1;
        timers.after(backoffMs(failures, backoff, error.retryAfterMs), () => void tellRead(conversationId));
      }
    }
  }

  return {
    reached(ledger) {
      if (!delivers || ledger.gone || !isUndelivered(ledger)) return;
      delivered.add(ledger.id);
      later();
    },
    read(conversationId, seq) {
      inbox.apply(conversationId, { kind: 'read', seq });
      return new Promise((resolve, reject) => {
        const known = readings.get(conversationId);
        const reading = known ?? { seq, done: [], failed: [] };
        reading.seq = Math.max(reading.seq, seq);
        reading.done.push(resolve);
        reading.failed.push(reject);
        readings.set(conversationId, reading);
        if (!known) void tellRead(conversationId);
      });
    },
    resume() {
      for (const id of readings.keys()) void tellRead(id);
    },
    flush: () => deliver(Number.POSITIVE_INFINITY),
    close() {
      for (const { failed } of readings.values()) {
        for (const fail of failed) fail(new ParleyError('closed', 'Closed before the server heard of it.'));
      }
      readings.clear();
    },
  };
}

/** Whether somebody waits to hear that their message arrived. */
function isUndelivered({ me, seq, from, deliveredSeq, messages }: Ledger): boolean {
  if (seq <= deliveredSeq) return false;
  return deliveredSeq < from || messages.some((message) => message.seq > deliveredSeq && message.senderId !== me);
}
