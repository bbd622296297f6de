import { type Budget, budgets } from '@parley/protocol';

type Allowances<B extends string> = Readonly<Record<B, { points: number; windowMs: number }>>;
type Options = { max?: number; onRefused?: (budget: string) => void };
type Window = { left: number; endsAt: number };

export type Limiter<B extends string = Budget> = {
  /**
   * Draws one action from a user's budget.
   * @param key the user, with the space: users of two spaces are two users
   * @returns 0 when it is permitted, else the milliseconds until it may be again
   */
  take(key: string, budget: B, now?: number): number;
  /** Draws what an action turned out to cost beyond its one point: less is left for those that follow in its window. */
  charge(key: string, budget: B, points: number): void;
  /** Users and budgets that are remembered at the moment. */
  size(): number;
};

/** About 10 MB. Beyond, the oldest windows are forgotten: a flood of users must not fill the memory. */
const windowsMax = 100_000;

/**
 * Budgets per user in this node's memory, in fixed windows, decided synchronously: between this decision and the
 * store's lane nothing may be awaited, or two sends of one socket could change places. `rate-limiter-flexible` cannot
 * serve here: its memory store answers in promises only, and arms one timer for each user and window.
 */
export const createLimiter = (allowances: Allowances<Budget> = budgets, options?: Options): Limiter =>
  createLimiterOf(allowances, options);

/** The same for other actions than those of the budgets. */
export function createLimiterOf<B extends string>(
  allowances: Allowances<B>,
  { max = windowsMax, onRefused = () => {} }: Options = {},
): Limiter<B> {
  const windows = new Map<string, Window>();
  return {
    take(key, budget, now = performance.now()) {
      const { points, windowMs } = allowances[budget];
      const name = `${budget} ${key}`;
      const window = windows.get(name);
      if (window && now < window.endsAt) {
        if (window.left > 0) {
          window.left -= 1;
          return 0;
        }
        onRefused(budget);
        return Math.max(1, Math.ceil(window.endsAt - now));
      }
      // A new window goes to the end, so that the map stays in the order in which windows began.
      windows.delete(name);
      forget(windows, now, max);
      windows.set(name, { left: points - 1, endsAt: now + windowMs });
      return 0;
    },
    charge(key, budget, points) {
      const window = windows.get(`${budget} ${key}`);
      if (window) window.left = Math.max(0, window.left - points);
    },
    size: () => windows.size,
  };
}

/** Drops some of the oldest windows that are over, and one that is not when there is no room otherwise. */
function forget(windows: Map<string, Window>, now: number, max: number): void {
  let looked = 0;
  for (const [name, window] of windows) {
    if (window.endsAt > now && windows.size < max) return;
    windows.delete(name);
    // Two old ones for each new one: the map shrinks back after a flood without ever stopping the process for long.
    looked += 1;
    if (looked === 2) return;
  }
}
