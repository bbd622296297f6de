import type { Applied, History, Invariant, Repairing, Session } from './history.ts';
import { conversationsWith, headOf, intervalsOf, owed } from './views.ts';

/**
 * I5: each client applies every number of the interval that it holds, in order, once. A client that repairs itself holds
 * one interval to the head, over all of its connections; one that does not look at `seq` is promised the same from
 * `session.ready` on, for as long as one connection lasts; it may hear what the heads there cover already. Where a
 * membership ended, both are promised everything up to its end.
 */
export const inOrderOnce: Invariant = (history) => [
  ...history.applied.flatMap((applied) =>
    differences(nameOf(applied), seqs(applied.messages), expected(history, applied)),
  ),
  ...history.repairing.flatMap((repairing) => neverMet(history, repairing)),
  ...history.sessions.flatMap((session) => heardBy(history, session)),
];

function neverMet(history: History, { client, userId, openAtEnd }: Repairing): string[] {
  if (!openAtEnd) return [];
  const met = new Set(history.applied.filter((a) => a.client === client).map(({ conversationId }) => conversationId));
  return conversationsWith(history, userId)
    .filter((id) => !met.has(id) && owed(intervalsOf(history, userId, id), 0, headOf(history, id)).length > 0)
    .map((id) => `${client} never met ${id}`);
}

function expected(history: History, { userId, conversationId, fromSeq, upToSeq }: Applied): number[] {
  return owed(intervalsOf(history, userId, conversationId), fromSeq, upToSeq ?? headOf(history, conversationId));
}

function heardBy(history: History, { client, userId, session, heads, whole, openAtEnd }: Session): string[] {
  const heard = history.deliveries.filter((delivery) => delivery.client === client && delivery.session === session);
  const byConversation = Map.groupBy(heard, ({ conversationId }) => conversationId);
  const later = whole ? conversationsWith(history, userId) : [];
  const ids = new Set([...heads.keys(), ...byConversation.keys(), ...later]);
  return [...ids].flatMap((conversationId) => {
    const numbers = seqs(byConversation.get(conversationId) ?? []);
    // What was being told when the heads were read may come once more. A conversation that came into being meanwhile
    // is heard from its first message on.
    const after = Math.min(heads.get(conversationId) ?? 0, (numbers[0] ?? Infinity) - 1);
    const intervals = intervalsOf(history, userId, conversationId);
    const wanted = owed(intervals, after, headOf(history, conversationId));
    const promised = openAtEnd ? wanted : wanted.slice(0, numbers.length);
    return differences(`${client} (connection ${session}) in ${conversationId}`, numbers, promised);
  });
}

function differences(who: string, got: readonly number[], wanted: readonly number[]): string[] {
  const length = Math.max(got.length, wanted.length);
  for (let i = 0; i < length; i += 1) {
    if (got[i] === wanted[i]) continue;
    return [
      `${who}: after ${got[i - 1] ?? 'nothing'} came ${got[i] ?? 'nothing'} instead of ${wanted[i] ?? 'nothing'}`,
    ];
  }
  return [];
}

function seqs(messages: readonly { seq: number }[]): number[] {
  return messages.map(({ seq }) => seq);
}

function nameOf({ client, conversationId }: Applied): string {
  return `${client} in ${conversationId}`;
}
