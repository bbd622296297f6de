import { asSeenBy, type ConversationFacts, type Written } from '@parley/core';
import { conversationId, type Member, type Message, messageId, type Receipt } from '@parley/protocol';
import { sql } from 'kysely';
import type { ConversationRow, MemberRow, MessageRow } from './schema.ts';

/** ISO 8601 in UTC with milliseconds, from the text of a `timestamptz` in a session whose zone is UTC. */
export function isoTime(text: string): string {
  // '2026-11-21 03:10:11.12+00', or from JSON '2026-11-21T03:10:11.12+00:00'; zeros at the end are left out, and
  // there may be microseconds.
  const plus = text.indexOf('+', 19);
  const fraction = plus > 20 ? text.slice(20, Math.min(plus, 23)) : '';
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(3, '0')}Z`;
}

/** As a member of the conversation sees it. */
export function messageFor(userId: string, row: MessageColumns): Message {
  return asSeenBy(userId, writtenOf(row));
}

export function writtenOf(row: MessageColumns): Written {
  const { conversation_no: no } = row;
  const message: Message = {
    id: messageId(no, row.seq),
    conversationId: conversationId(no),
    seq: row.seq,
    rev: row.rev,
    senderId: row.sender_id,
    ...(row.client_id !== null && { clientId: row.client_id }),
    kind: row.kind,
    body: row.body,
    ...(row.attachments && { attachments: row.attachments }),
    ...(row.reactions && { reactions: row.reactions }),
    ...(row.reply_to_seq !== null && { replyTo: messageId(no, row.reply_to_seq) }),
    createdAt: isoTime(row.created_at),
    ...(row.edited_at !== null && { editedAt: isoTime(row.edited_at) }),
    ...(row.deleted_at !== null && { deletedAt: isoTime(row.deleted_at) }),
  };
  return row.author_id === null ? { message } : { message, authorId: row.author_id };
}

/** What a message costs on the wire besides what it says: ids, names of fields, times. */
const messageBytes = 400;

/** What a message costs on the wire, about. `messageSize` says the same to a query. */
export const sizeOf = ({ body, attachments, reactions }: MessageColumns): number =>
  messageBytes +
  Buffer.byteLength(body) +
  (attachments ? JSON.stringify(attachments).length : 0) +
  (reactions ? Buffer.byteLength(JSON.stringify(reactions)) : 0);

export const messageSize = (of: 'messages' | 'g') =>
  sql<number>`octet_length(${sql.ref(`${of}.body`)}) + coalesce(octet_length(${sql.ref(`${of}.attachments`)}::text), 0)
    + coalesce(octet_length(${sql.ref(`${of}.reactions`)}::text), 0) + ${sql.lit(messageBytes)}`;

export type MessageColumns = Omit<MessageRow, 'content_hash'>;

/** The columns of a message that are read; its hash is for retries only. */
export const messageColumns = [
  'conversation_no',
  'seq',
  'rev',
  'sender_id',
  'author_id',
  'client_id',
  'kind',
  'body',
  'attachments',
  'reactions',
  'reply_to_seq',
  'created_at',
  'edited_at',
  'deleted_at',
] as const satisfies readonly (keyof MessageColumns)[];

export function memberOf(row: MemberRow): Member {
  return {
    userId: row.user_id,
    role: row.role,
    fromSeq: row.from_seq,
    ...(row.until_seq !== null && { untilSeq: row.until_seq }),
    readSeq: row.read_seq,
    ...readBeyondOf(row),
    deliveredSeq: row.delivered_seq,
    ...(row.muted_until !== null && { mutedUntil: isoTime(row.muted_until) }),
  };
}

/** The ranges with both ends included; nothing when there are none. */
export function readBeyondOf({ read_beyond: text }: Pick<MemberRow, 'read_beyond'>): Pick<Member, 'readBeyond'> {
  if (text === '{}') return {};
  const ranges = [...text.matchAll(/\[(\d+),(\d+)\)/g)];
  return { readBeyond: ranges.map(([, first, end]) => ({ first: Number(first), last: Number(end) - 1 })) };
}

export function receiptOf(row: MemberRow): Receipt {
  return {
    userId: row.user_id,
    readSeq: row.read_seq,
    ...readBeyondOf(row),
    deliveredSeq: row.delivered_seq,
    at: isoTime(row.receipt_at),
  };
}

export function factsOf(row: ConversationRow): ConversationFacts {
  return {
    space: row.space,
    no: row.no,
    kind: row.kind,
    title: row.title ?? undefined,
    status: row.status,
    memberCount: row.member_count,
    membershipVersion: row.membership_version,
    lastSeq: row.last_seq,
    rev: row.rev,
    peerIds: peersOf(row),
  };
}

export function peersOf(row: Pick<ConversationRow, 'peer_low' | 'peer_high'>): readonly [string, string] | undefined {
  return row.peer_low !== null && row.peer_high !== null ? [row.peer_low, row.peer_high] : undefined;
}
