import { backoffMs } from './backoff.ts';
import { toParleyError, type ParleyError } from './error.ts';
import type { Call } from './sync.ts';
import type { Timers } from './timers.ts';
import type { Tokens } from './tokens.ts';

export type Refresh = {
  /** The session lives until then. */
  until(expiresAt: string | undefined): void;
  stop(): void;
};

/** A minute or two before the end, or in the last fifths of a short life. */
const leadMsMax = 60_000;
/** Our clock says that it ended already: the two clocks differ, and asking often would not mend that. */
const skewedMs = 30_000;
const backoff = { baseMs: 2_000, maxMs: 30_000 };

/** Replaces the session's token before it ends, so that the session outlives it. */
export function createRefresh(
  tokens: Tokens,
  call: Call,
  timers: Timers,
  onProblem: (error: ParleyError) => void,
): Refresh {
  let cancel = () => {};
  let failures = 0;

  function until(expiresAt: string | undefined): void {
    cancel();
    if (expiresAt === undefined || !tokens.renewable) return;
    const restMs = new Date(expiresAt).getTime() - Date.now();
    // Spread, because the sessions that one node took over began, and end, together.
    const leadMs = Math.min(leadMsMax, restMs * 0.2) * (1 + Math.random());
    cancel = timers.after(restMs > 0 ? restMs - leadMs : skewedMs, () => void refresh());
  }

  async function refresh(): Promise<void> {
    try {
      const { expiresAt } = await call('auth.refresh', { token: await tokens.renew() });
      failures = 0;
      tokens.endsAt(expiresAt === undefined ? undefined : new Date(expiresAt));
      until(expiresAt);
    } catch (cause) {
      const error = toParleyError(cause);
      // The next session brings its own token.
      if (error.code === 'offline' || error.code === 'closed') return;
      onProblem(error);
      failures += 1;
      cancel = timers.after(backoffMs(failures, backoff, error.retryAfterMs ?? 1_000), () => void refresh());
    }
  }

  return { until, stop: () => cancel() };
}
