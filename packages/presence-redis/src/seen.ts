import type { Logger } from '@parley/node-kit';
import { marksWaitingMax } from './limits.ts';
import { fromUserKey, type UserKey } from './members.ts';

export type Mark = { space: string; userId: string; at: Date };
export type OnSeen = (marks: Mark[]) => void | Promise<void>;

/** Hands on when users were last seen, one batch at a time; what could not be stored waits for the next batch. */
export function createSeen(onSeen: OnSeen | undefined, log: Logger) {
  const waiting = new Map<UserKey, number>();
  let running: Promise<void> | undefined;
  let failing = false;

  const note = (user: UserKey, at: number) => {
    const known = waiting.get(user);
    if (known === undefined && waiting.size >= marksWaitingMax) return;
    waiting.set(user, Math.max(known ?? 0, at));
  };
  const handOver = async () => {
    const batch = [...waiting];
    waiting.clear();
    try {
      await onSeen?.(batch.map(([user, at]) => ({ ...fromUserKey(user), at: new Date(at) })));
      if (failing) log.info('when users were last seen is stored again');
      failing = false;
    } catch (err) {
      // One line for an outage, not one for each try.
      if (!failing) log.warn({ err, users: batch.length }, 'when users were last seen could not be stored yet');
      failing = true;
      for (const [user, at] of batch) note(user, at);
    }
    running = undefined;
  };
  return {
    note,
    flush(): Promise<void> {
      if (waiting.size > 0) running ??= handOver();
      return running ?? Promise.resolve();
    },
  };
}
