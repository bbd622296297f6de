import { staffId } from '@parley/protocol';
import type { History, Member, Row, Seen } from './history.ts';

export function keyOf({ conversationId, seq }: { conversationId: string; seq: number }): string {
  return `${conversationId}/${seq}`;
}

/** Identifies a send over all of its tries: a `clientId` is unique per conversation and sender. */
export function sendKey(send: {
  conversationId: string;
  userId: string;
  clientId: string | undefined;
  body: string;
}): string {
  return `${send.conversationId}\n${send.userId}\n${send.clientId?.toLowerCase() ?? send.body}`;
}

export function rowsByKey({ database }: History): Map<string, Row> {
  return new Map(database.messages.map((row) => [keyOf(row), row]));
}

/** Whether it was older than its space keeps messages: nothing is stored there any more, and nothing needs to be. */
export function isDropped(
  { database }: History,
  { conversationId, seq }: { conversationId: string; seq: number },
): boolean {
  return database.conversations.some((c) => c.conversationId === conversationId && seq < c.firstSeq);
}

/** Every message that anybody saw, and who. */
export function* seenBy(history: History): Generator<{ who: string; userId: string; seen: Seen }> {
  for (const delivery of history.deliveries) yield { who: delivery.client, userId: delivery.userId, seen: delivery };
  for (const { client, userId, messages } of history.applied) {
    for (const seen of messages) yield { who: client, userId, seen };
  }
  for (const { userId, messages } of history.pages) {
    for (const seen of messages) yield { who: `a page of ${userId}`, userId, seen };
  }
}

/** Who wrote it, whatever the readers are told. */
export function authorOf({ senderId, authorId }: Row): string {
  return authorId ?? senderId;
}

/** Who a reader is told wrote it: only the staff learn who of them did. */
export function shownSenderOf({ database }: History, row: Row, readerId: string): string {
  return database.staff.has(readerId) ? authorOf(row) : row.senderId;
}

/** As which member somebody reads a conversation: whoever is of the staff reads a support thread as `agents`. */
export function readerIn({ database }: History, userId: string, conversationId: string): string {
  const { support = false } = database.conversations.find((c) => c.conversationId === conversationId) ?? {};
  return support && database.staff.has(userId) ? staffId : userId;
}

/** The intervals of one user in one conversation. */
export function intervalsOf(history: History, userId: string, conversationId: string): Member[] {
  const reader = readerIn(history, userId, conversationId);
  return history.database.members.filter((m) => m.userId === reader && m.conversationId === conversationId);
}

/** Those in which a user is at the end. Who has gone may have gone before a session began, and is told nothing then. */
export function conversationsWith({ database }: History, userId: string): string[] {
  const isIn = (member: Member) => member.userId === userId && member.untilSeq === undefined;
  return database.members.filter(isIn).map(({ conversationId }) => conversationId);
}

export function within(intervals: readonly Member[], seq: number): boolean {
  return intervals.some(({ fromSeq, untilSeq }) => seq > fromSeq && (untilSeq === undefined || seq <= untilSeq));
}

/** The numbers after `afterSeq`, up to the head, that somebody with these intervals must have. */
export function owed(intervals: readonly Member[], afterSeq: number, lastSeq: number): number[] {
  const numbers: number[] = [];
  for (let seq = afterSeq + 1; seq <= lastSeq; seq += 1) if (within(intervals, seq)) numbers.push(seq);
  return numbers;
}

export function headOf({ database }: History, conversationId: string): number {
  return database.conversations.find((conversation) => conversation.conversationId === conversationId)?.lastSeq ?? 0;
}
