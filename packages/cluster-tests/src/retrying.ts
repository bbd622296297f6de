import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '@parley/testkit';

/** One try of a send: whether it was acknowledged. */
export type Try = (body: string, clientId: string) => Promise<boolean>;

/** What clients do that were written by hand: one message after the other, each tried until it is acknowledged. */
export type Retrying = {
  /** The bodies that were acknowledged so far. */
  readonly stored: readonly string[];
  /** Tries that were needed beyond the first ones. */
  readonly again: number;
  /** No new messages; resolves when those that were begun are acknowledged. @throws Error when that takes too long */
  end(): Promise<void>;
};

const betweenMs = 100;
const endsWithinMs = 20_000;

export function tryAgain(senders: readonly Try[]): Retrying {
  const stored: string[] = [];
  let again = 0;
  const ending = new AbortController();

  const send = async (attempt: Try, body: string) => {
    const clientId = randomUUID();
    while (!(await attempt(body, clientId))) {
      again += 1;
      await pause(betweenMs);
    }
    stored.push(body);
  };
  let open = senders.length;
  const all = senders.map(async (attempt, s) => {
    for (let i = 0; !ending.signal.aborted; i += 1) {
      await send(attempt, `by hand ${s}.${i}`);
      await pause(betweenMs);
    }
    open -= 1;
  });
  return {
    stored,
    get again() {
      return again;
    },
    async end() {
      ending.abort();
      await until(() => open === 0, { what: 'all have been acknowledged', withinMs: endsWithinMs });
      await Promise.all(all);
    },
  };
}
