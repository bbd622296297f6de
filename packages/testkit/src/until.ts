import { setTimeout as after } from 'node:timers/promises';

type Wait = {
  /** Gives up after this. */
  withinMs?: number;
  /** What is waited for, for the one who reads the failure. */
  what: string;
};

const withinMsDefault = 5_000;
const pollMs = 10;

/**
 * Asks again and again until the answer is not `undefined`, `false` or `null`, and returns it. A check that throws has not
 * succeeded yet: its last error is the cause of the failure.
 * @throws Error that says what did not come true in time
 */
export async function until<T>(
  check: () => T | Promise<T>,
  { withinMs = withinMsDefault, what }: Wait,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + withinMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await check();
      if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<Exclude<T, false>>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) throw new Error(`not within ${withinMs} ms: ${what}`, { cause });
    await after(pollMs);
  }
}
