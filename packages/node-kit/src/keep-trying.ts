import { setTimeout as after } from 'node:timers/promises';
import type { Logger } from 'pino';

const pauseMs = 1_000;

/**
 * Tries until it succeeds: what a start needs from outside (the database, say) may come later than the process, and no
 * fault outside a process may end it.
 * @param signal gives up: the promise rejects with an AbortError
 */
export async function keepTrying<T>(
  log: Pick<Logger, 'error'>,
  name: string,
  attempt: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch (err) {
      log.error({ err }, `${name} failed, trying again`);
    }
    await after(pauseMs, undefined, signal ? { signal } : {});
  }
}
