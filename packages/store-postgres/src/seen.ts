import { type Conversation, conversationId, limits } from '@parley/protocol';
import { sql } from 'kysely';
import { isoTime, type MessageColumns, messageColumns, messageFor, peersOf, readBeyondOf } from './rows.ts';
import type { ConversationRow, MemberRow } from './schema.ts';
import { query, type Slot } from './statement.ts';

/** A conversation and the membership through which somebody sees it. */
export type SeenRow = Omit<ConversationRow, 'rev' | 'messages_rev' | 'members_rev' | 'receipts_rev' | 'facts_rev'> &
  Pick<MemberRow, 'from_seq' | 'until_seq' | 'read_seq' | 'read_beyond' | 'delivered_seq'> & {
    conversation_rev: number;
    unread: number;
    last_message: MessageColumns | null;
  };

/** The conversations that a user is in, or was: `until_seq` tells. */
export function membershipsOf(slot: Slot<{ space: string; user: string }>) {
  return query
    .selectFrom('sights as m')
    .innerJoin('conversations as c', 'c.no', 'm.conversation_no')
    .where('m.space', '=', slot('space'))
    .where('m.user_id', '=', slot('user'));
}

export const seenColumns = [
  'c.no',
  'c.space',
  'c.kind',
  'c.title',
  'c.status',
  'c.peer_low',
  'c.peer_high',
  'c.first_seq',
  'c.last_seq',
  'c.rev as conversation_rev',
  'c.member_count',
  'c.membership_version',
  'c.created_at',
  'c.last_at',
  'm.from_seq',
  'm.until_seq',
  'm.read_seq',
  'm.read_beyond',
  'm.delivered_seq',
] as const;

// Nothing new is told by two numbers; only what is unread has to be counted, and never beyond the cap.
export const unread = (slot: Slot<{ user: string }>) => sql<number>`case
  when coalesce(seen.until_seq, seen.last_seq) <= greatest(seen.read_seq, seen.from_seq) then 0
  else unread_count(seen.no, ${slot('user')}, greatest(seen.read_seq, seen.from_seq),
    coalesce(seen.until_seq, seen.last_seq), seen.read_beyond, ${sql.lit(limits.unreadMax)}) end`;

/** The newest message within the membership. */
export const lastMessage = () =>
  query
    .selectFrom('messages as g')
    .select(messageColumns)
    .where('g.conversation_no', '=', sql.ref<number>('seen.no'))
    .where('g.seq', '=', sql<number>`coalesce(seen.until_seq, seen.last_seq)`)
    .where('g.seq', '>', sql.ref<number>('seen.from_seq'));

/** As the user sees it. Who is gone sees the head at which they went. */
export function conversationOf(row: SeenRow, userId: string): Conversation {
  const peers = peersOf(row);
  const { title, until_seq: untilSeq } = row;
  return {
    id: conversationId(row.no),
    kind: row.kind,
    ...(title !== null && { title }),
    status: row.status,
    ...(peers && { peerId: peers[0] === userId ? peers[1] : peers[0] }),
    memberCount: row.member_count,
    membershipVersion: row.membership_version,
    firstSeq: row.first_seq,
    lastSeq: untilSeq ?? row.last_seq,
    rev: row.conversation_rev,
    fromSeq: row.from_seq,
    ...(untilSeq !== null && { untilSeq }),
    readSeq: row.read_seq,
    ...readBeyondOf(row),
    deliveredSeq: row.delivered_seq,
    unread: row.unread,
    ...(row.last_message && { lastMessage: messageFor(userId, row.last_message) }),
    createdAt: isoTime(row.created_at),
    lastAt: isoTime(row.last_at),
  };
}
