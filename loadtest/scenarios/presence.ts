import type { Measure } from './metrics.ts';

/** Who is really there, and who is believed to be by whom. Only of users whose clients run in this event loop. */
export type Truth = {
  came(userId: string): void;
  went(userId: string): void;
  /** `watcher` was told at `atMs`, or asked. */
  heard(watcher: string, userId: string, online: boolean, atMs?: number): void;
  /** At the end, when everything has settled: what each watcher believes of those who are here. */
  judge(userIds: readonly string[]): void;
};

export function watchTruth(measure: Measure): Truth {
  const facts = new Map<string, { online: boolean; sinceMs: number }>();
  const beliefs = new Map<string, Map<string, boolean>>();

  return {
    came: (userId) => void facts.set(userId, { online: true, sinceMs: Date.now() }),
    went: (userId) => void facts.set(userId, { online: false, sinceMs: Date.now() }),
    heard(watcher, userId, online, atMs) {
      const own = beliefs.get(watcher) ?? new Map<string, boolean>();
      beliefs.set(watcher, own);
      const changed = own.has(userId) && own.get(userId) !== online;
      own.set(userId, online);
      const fact = facts.get(userId);
      // A belief of before the last change is judged by the change that follows, not by this one.
      if (atMs !== undefined && changed && fact?.online === online) measure('parley_presence_ms', atMs - fact.sinceMs);
    },
    judge(userIds) {
      const here = new Set(userIds);
      for (const own of beliefs.values()) {
        for (const [userId, online] of own) {
          if (here.has(userId) && facts.get(userId)?.online !== online) measure('parley_presence_wrong', 1);
        }
      }
    },
  };
}
