import type { Invariant } from './history.ts';
import { intervalsOf, seenBy, within } from './views.ts';

/** I7: nobody sees a message of a conversation outside the interval of their membership, by whatever way. */
export const withinMembership: Invariant = (history) => {
  const intervals = new Map<string, ReturnType<typeof intervalsOf>>();
  const found: string[] = [];
  for (const { who, userId, seen } of seenBy(history)) {
    const key = `${userId}\n${seen.conversationId}`;
    const own = intervals.get(key) ?? intervalsOf(history, userId, seen.conversationId);
    intervals.set(key, own);
    if (!within(own, seen.seq))
      found.push(`${who} saw ${seen.seq} of ${seen.conversationId}, where ${userId} was no member`);
  }
  return found;
};
