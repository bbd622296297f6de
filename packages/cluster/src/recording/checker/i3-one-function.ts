import type { Invariant } from './history.ts';
import { isDropped, keyOf, rowsByKey, seenBy, shownSenderOf } from './views.ts';

/**
 * I3: (conversation, seq) → message is one function over the database, HTTP and every client. Whoever saw a number saw
 * the message that is stored there, by whom they may know of; nobody saw one that is not stored.
 */
export const oneFunction: Invariant = (history) => {
  const rows = rowsByKey(history);
  const found: string[] = [];
  for (const { who, userId, seen } of seenBy(history)) {
    const row = rows.get(keyOf(seen));
    if (!row && isDropped(history, seen)) continue;
    if (!row) found.push(`${who} saw ${seen.body} as ${seen.seq}, and nothing is stored there`);
    else if (
      row.id !== seen.id ||
      seen.senderId !== shownSenderOf(history, row, userId) ||
      (row.body !== seen.body && !row.edited && !row.deleted)
    ) {
      found.push(`${who} saw ${seen.body} as ${seen.seq}, where ${row.body} is stored`);
    }
  }
  return found;
};
