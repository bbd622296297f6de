import { setTimeout as after } from 'node:timers/promises';
import type { Logger } from 'pino';

const pauseMs = 1_000;
/** An outage of a night fills no disk with one and the same stack. */
const toldEveryMs = 60_000;

type Pace = { pauseMs: number; toldEveryMs: number };

/**
 * Tries until it succeeds: what a start needs from outside (the database, say) may come later than the process, and no
 * fault outside a process may end it. An error is told when it is another one than before, then once a minute without
 * its stack, and its end once.
 * @param signal gives up: the promise rejects with an AbortError
 */
export async function keepTrying<T>(
  log: Pick<Logger, 'error' | 'info'>,
  name: string,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
  pace: Pace = { pauseMs, toldEveryMs },
): Promise<T> {
  const tell = createTeller(log, name, pace.toldEveryMs);
  for (;;) {
    try {
      const result = await attempt();
      tell.succeeded();
      return result;
    } catch (err) {
      tell.failed(err);
    }
    await after(pace.pauseMs, undefined, signal ? { signal } : {});
  }
}

function createTeller(log: Pick<Logger, 'error' | 'info'>, name: string, everyMs: number) {
  let failures = 0;
  let toldAt = 0;
  let told: string | undefined;
  return {
    failed(err: unknown) {
      failures += 1;
      const words = String(err);
      const now = performance.now();
      if (words !== told) log.error({ err }, `${name} failed, trying again`);
      else if (now - toldAt < everyMs) return;
      else log.error({ failures, reason: words }, `${name} still fails, trying again`);
      told = words;
      toldAt = now;
    },
    succeeded() {
      if (failures > 0) log.info({ failures }, `${name} succeeded after it had failed`);
    },
  };
}
