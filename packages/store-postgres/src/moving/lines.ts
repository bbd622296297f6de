import { conversationId, messageId, type MovedKind, type MovedLines } from '@parley/protocol';
import { isoTime, peersOf, readBeyondOf } from '../rows.ts';
import type { Statement } from '../statement.ts';
import type {
  announcementReadsToMove,
  conversationsToMove,
  Ids,
  linksToMove,
  membersToMove,
  messagesToMove,
  readsToMove,
  usersToMove,
} from './queries.ts';

/*
 * A row as its line: always with the same fields in the same order, and without those that say what is usual, which are
 * undefined here and so not in the JSON.
 */

type Row<S> = S extends Statement<infer _, infer R> ? R : never;
type Line<K extends MovedKind> = { [F in keyof MovedLines[K]]: MovedLines[K][F] | undefined };
export type WrittenLine = { [K in MovedKind]: Line<K> }[MovedKind];

type Place = { no: number; own_no: number | null; first_seq: number; conversation_id: string | null; ids: Ids };

const conversationOf = ({ no, conversation_id: id }: Pick<Place, 'no' | 'conversation_id'>) => id ?? conversationId(no);
/** One conversation has ids of one number, also of those that another Parley gave. */
const messageOf = ({ no, own_no: own, ids }: Place, seq: number) => ids?.[seq] ?? messageId(own ?? no, seq);
/** A message that is no longer kept has no line, and so no name. */
const placeOf = (row: Place, seq: number | null) =>
  seq === null || seq < row.first_seq ? undefined : messageOf(row, seq);
const timeOf = (text: string | null) => (text === null ? undefined : isoTime(text));

export const userLine = (row: Row<typeof usersToMove>): Line<'user'> => ({
  line: 'user',
  id: row.user_id,
  name: row.name ?? undefined,
  firstName: row.first_name ?? undefined,
  lastName: row.last_name ?? undefined,
  email: row.email ?? undefined,
  avatarUrl: row.avatar_url ?? undefined,
  role: row.role ?? undefined,
  active: row.active ? undefined : false,
  createdAt: isoTime(row.created_at),
  lastSeenAt: timeOf(row.last_seen),
  revokedAt: timeOf(row.revoked_at),
});

export const linkLine = (row: Row<typeof linksToMove>): Line<'link'> => ({
  line: 'link',
  userA: row.user_a,
  userB: row.user_a === row.low ? row.high : row.low,
  kind: row.kind,
  status: row.status,
  updatedAt: isoTime(row.updated_at),
});

export function conversationLine(row: Row<typeof conversationsToMove>): Line<'conversation'> {
  const peers = peersOf(row);
  return {
    line: 'conversation',
    id: conversationOf(row),
    kind: row.kind,
    userIds: row.kind === 'support' ? peers?.slice(0, 1) : peers && [...peers],
    title: row.title ?? undefined,
    status: row.status === 'active' ? undefined : row.status,
    createdAt: isoTime(row.created_at),
  };
}

export function messageLine(row: Row<typeof messagesToMove>): Line<'message'> {
  const versions = row.versions?.slice(0, -1).map(({ body, at }) => ({ body, at: isoTime(at) }));
  const by = Map.groupBy(row.reactors ?? [], ({ emoji }) => emoji);
  return {
    line: 'message',
    conversationId: conversationOf(row),
    id: messageOf(row, row.seq),
    senderId: row.author_id ?? row.sender_id,
    kind: row.kind === 'text' ? undefined : row.kind,
    body: row.deleted_at === null ? row.body : undefined,
    // A file is behind its link for whoever reads the lines: its bytes are no line.
    attachments: row.attachments?.map((attachment) => ({ ...attachment, id: undefined })),
    replyTo: placeOf(row, row.reply_to_seq),
    createdAt: isoTime(row.created_at),
    editedAt: timeOf(row.edited_at),
    deletedAt: timeOf(row.deleted_at),
    clientId: row.client_id ?? undefined,
    versions: versions?.length ? versions : undefined,
    reactions: row.reactions?.map(({ emoji }) => ({ emoji, userIds: (by.get(emoji) ?? []).map((one) => one.user_id) })),
  };
}

export const memberLine = (row: Row<typeof membersToMove>): Line<'member'> => ({
  line: 'member',
  conversationId: conversationOf(row),
  userId: row.user_id,
  role: row.role === 'member' ? undefined : row.role,
  after: placeOf(row, row.from_seq),
  left: row.until_seq === null ? undefined : true,
  until: placeOf(row, row.until_seq),
  read: placeOf(row, row.read_seq),
  readBeyond: readBeyondOf(row).readBeyond?.map(({ first, last }) => ({
    first: messageOf(row, first),
    last: messageOf(row, last),
  })),
  delivered: placeOf(row, row.delivered_seq),
  receiptAt: isoTime(row.receipt_at),
  mutedUntil: timeOf(row.muted_until),
});

export const readLine = (row: Row<typeof readsToMove> | Row<typeof announcementReadsToMove>): Line<'read'> => ({
  line: 'read',
  conversationId: conversationOf(row),
  userId: row.user_id,
  upTo: row.single ? undefined : messageOf(row, row.seq),
  message: row.single ? messageOf(row, row.seq) : undefined,
  at: isoTime(row.at),
});
