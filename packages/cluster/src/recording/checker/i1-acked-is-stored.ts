import type { Invariant } from './history.ts';
import { authorOf, isDropped, keyOf, rowsByKey } from './views.ts';

/** I1: every acknowledged send is stored, once, under the number that was acknowledged, for as long as it is kept. */
export const ackedIsStored: Invariant = (history) => {
  const rows = rowsByKey(history);
  return history.sends.flatMap(({ outcome, conversationId, userId, clientId, body }) => {
    if (outcome.type !== 'ok') return [];
    const row = rows.get(keyOf({ conversationId, seq: outcome.seq }));
    if (!row && isDropped(history, { conversationId, seq: outcome.seq })) return [];
    if (!row) return [`${body} was acknowledged as ${outcome.seq}, and nothing is stored there`];
    const same =
      row.id === outcome.id && authorOf(row) === userId && row.clientId?.toLowerCase() === clientId?.toLowerCase();
    const sameBody = row.body === body || row.edited || row.deleted;
    return same && sameBody ? [] : [`${body} was acknowledged as ${outcome.seq}, where ${row.body} is stored`];
  });
};
