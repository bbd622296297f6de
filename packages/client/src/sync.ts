import type { CommandName, Input, Output } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import { backoffMs } from './backoff.ts';
import { type ParleyError, toParleyError } from './error.ts';
import type { Inbox } from './inbox.ts';
import { isBehind, type Ledger } from './ledger/ledger.ts';
import type { Settings } from './options.ts';
import type { Timers } from './timers.ts';

export type Call = <N extends CommandName>(name: N, input: Input<N>) => Promise<Output<N>>;

export type Sync = {
  /** A hole was seen: it is fetched unless its push comes within `gapWaitMs`. */
  want(conversationId: string): void;
  /** Fetches everything that is behind, now. */
  now(): void;
  /** True while something is known to be missing. */
  readonly busy: boolean;
};

type Listeners = { onReset(epoch: string): void; onIdle(): void; onProblem(error: ParleyError): void };

/** Answers in a row that brought a conversation nothing before its hole is left to the next hint. */
const fruitlessMax = 6;
const backoff = { baseMs: 100, maxMs: 10_000 };

/** Fetches what pushes did not bring: one call at a time, page by page, until no conversation is behind. */
export function createSync(inbox: Inbox, call: Call, settings: Settings, timers: Timers, listeners: Listeners): Sync {
  const wanted = new Set<string>();
  const resting = new Set<string>();
  const fruitless = new Map<string, number>();
  let running = false;
  let failures = 0;
  let cancel: (() => void) | undefined;

  function later(ms: number): void {
    cancel ??= timers.after(ms, () => {
      cancel = undefined;
      void run();
    });
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    try {
      while (wanted.size > 0 && (await page()));
    } finally {
      running = false;
    }
    if (wanted.size === 0 && resting.size === 0) listeners.onIdle();
  }

  /** @returns whether to go on at once */
  async function page(): Promise<boolean> {
    const batch = [...wanted].slice(0, limits.headsMax);
    const asked = new Map<string, Ledger>();
    for (const id of batch) {
      wanted.delete(id);
      const ledger = inbox.get(id);
      if (ledger && isBehind(ledger)) asked.set(id, ledger);
    }
    const { epoch } = inbox;
    if (asked.size === 0 || epoch === undefined) return wanted.size > 0;
    let output: Output<'sync'>;
    try {
      const conversations = [...asked.values()].map(({ id, seq, rev }) => ({ id, seq, rev }));
      output = await call('sync', { epoch, conversations });
    } catch (cause) {
      for (const id of asked.keys()) wanted.add(id);
      failed(toParleyError(cause));
      return false;
    }
    failures = 0;
    // Whatever was asked under another epoch says nothing about this one.
    if (epoch !== inbox.epoch) return wanted.size > 0;
    if (output.reset) {
      listeners.onReset(output.epoch);
      return false;
    }
    for (const answer of output.conversations) {
      const from = asked.get(answer.id);
      if (from) inbox.apply(answer.id, { kind: 'synced', asked: from, answer });
    }
    weigh(asked);
    return true;
  }

  /** Who is still behind goes on: at once where the page brought something, else after a while, and not for ever. */
  function weigh(asked: ReadonlyMap<string, Ledger>): void {
    for (const [id, from] of asked) {
      const ledger = inbox.get(id);
      wanted.delete(id);
      if (!ledger || !isBehind(ledger)) {
        fruitless.delete(id);
      } else if (ledger.seq > from.seq || ledger.rev > from.rev) {
        fruitless.delete(id);
        wanted.add(id);
      } else rest(id);
    }
  }

  function rest(id: string): void {
    const tries = (fruitless.get(id) ?? 0) + 1;
    fruitless.set(id, tries);
    if (tries > fruitlessMax || resting.has(id)) return;
    resting.add(id);
    timers.after(backoffMs(tries, backoff), () => {
      resting.delete(id);
      wanted.add(id);
      void run();
    });
  }

  function failed(error: ParleyError): void {
    // Without a connection there is nobody to ask: the next session begins by asking.
    if (error.code === 'offline' || error.code === 'closed') return;
    // An answer that did not come says little: the connection ended with it, most often.
    if (error.code !== 'outcome_unknown') listeners.onProblem(error);
    failures += 1;
    later(backoffMs(failures, backoff, error.retryAfterMs));
  }

  return {
    want(conversationId) {
      wanted.add(conversationId);
      if (!running) later(settings.gapWaitMs);
    },
    now() {
      fruitless.clear();
      for (const ledger of inbox.all()) if (isBehind(ledger)) wanted.add(ledger.id);
      cancel?.();
      cancel = undefined;
      void run();
    },
    get busy() {
      return running || wanted.size > 0 || resting.size > 0;
    },
  };
}
