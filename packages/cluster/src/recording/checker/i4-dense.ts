import type { Invariant } from './history.ts';

/** I4: the numbers of a conversation have no hole and no double: `lastSeq − firstSeq + 1 = count`. */
export const dense: Invariant = ({ database }) => {
  const seqsOf = Map.groupBy(database.messages, ({ conversationId }) => conversationId);
  const known = new Set(database.conversations.map(({ conversationId }) => conversationId));
  const orphans = [...seqsOf.keys()]
    .filter((id) => !known.has(id))
    .map((id) => `${id} has messages and no row of its own`);
  const holes = database.conversations.flatMap(({ conversationId, firstSeq, lastSeq }) => {
    const rows = seqsOf.get(conversationId) ?? [];
    const distinct = new Set(rows.map(({ seq }) => seq));
    const count = lastSeq - firstSeq + 1;
    const inside = [...distinct].every((seq) => seq >= firstSeq && seq <= lastSeq);
    return rows.length === count && distinct.size === count && inside
      ? []
      : [`${conversationId} says ${firstSeq}..${lastSeq} and holds ${rows.length} rows with ${distinct.size} numbers`];
  });
  return [...orphans, ...holes];
};
