import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@parley/client';
import { until } from '@parley/testkit';

export type Talker = { client: Client; conversationId: string };

/** An acknowledged send: when the answer came (`at`, on `performance.now()`), and how long it took. */
export type Acked = { userId: string | undefined; conversationId: string; id: string; at: number; ms: number };

/** What a load did: every send that was asked for, and how long its acknowledgement took. */
export type Load = {
  /** Acknowledgements so far, in the order in which they came. */
  readonly acks: readonly Acked[];
  /** No new sends; resolves when every one that was begun is acknowledged. @throws Error when that takes too long */
  end(): Promise<void>;
};

/**
 * Lets clients talk, evenly, at `perSecond` messages over all of them. A send that fails for the moment is the client's
 * own matter: it is tried again until it is stored.
 */
export function talk(talkers: readonly Talker[], { perSecond }: { perSecond: number }): Load {
  const acks: Acked[] = [];
  const refused: unknown[] = [];
  const ending = new AbortController();
  let sent = 0;

  const send = ({ client, conversationId }: Talker) => {
    sent += 1;
    const startedAt = performance.now();
    client.send({ conversationId, body: `load ${sent} of ${client.userId}` }).then(
      ({ id }) => {
        const at = performance.now();
        acks.push({ userId: client.userId, conversationId, id, at, ms: at - startedAt });
      },
      (error: unknown) => refused.push(error),
    );
  };
  const pacing = (async () => {
    for (let i = 0; !ending.signal.aborted; i += 1) {
      const talker = talkers[i % talkers.length];
      if (talker) send(talker);
      await pause(1_000 / perSecond);
    }
  })();
  return {
    acks,
    async end() {
      ending.abort();
      await pacing;
      await until(() => acks.length + refused.length === sent, {
        what: `${sent} sends are answered`,
        withinMs: 15_000,
      });
      if (refused.length > 0) throw new Error(`${refused.length} sends were refused`, { cause: refused[0] });
    },
  };
}

/** The value below which `share` of the times lie. */
export function percentile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? 0;
}

/** The acknowledgements of a span of time. */
export function ackedBetween({ acks }: Load, fromMs: number, toMs: number): Acked[] {
  return acks.filter(({ at }) => at >= fromMs && at < toMs);
}
