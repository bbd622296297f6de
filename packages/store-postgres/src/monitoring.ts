import { type Administration, Failure } from '@parley/core';
import { conversationId, type ConversationStatus, type MonitoredConversation, staffId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { fitting } from './history.ts';
import { readAt, reader, readMarkOf } from './pages.ts';
import { isoTime, messageColumns, messageFor, peersOf } from './rows.ts';
import type { ConversationRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type Page = { space: string; status: ConversationStatus | null; before: number; offset: number; limit: number };
type Reading = { space: string; by: string; no: number };
type Range = { no: number; after: number; before: number; limit: number };
type Position = { no: number; offset: number; limit: number };

const columns = [
  'no',
  'kind',
  'title',
  'status',
  'peer_low',
  'peer_high',
  'member_count',
  'first_seq',
  'last_seq',
  'created_at',
  'last_at',
] as const;
type Columns = Pick<ConversationRow, (typeof columns)[number]>;

const conversationsByPosition = statement('conversations-by-position', (slot: Slot<Page>) => {
  const wanted = query
    .selectFrom('conversations')
    .where('space', '=', slot('space'))
    .where(sql<boolean>`status = coalesce(${slot('status')}::text, status)`);
  return query
    .selectFrom(wanted.select((eb) => eb.fn.countAll<number>().as('total')).as('counted'))
    .leftJoinLateral(
      wanted
        .where('no', '<', slot('before'))
        .select(columns)
        .orderBy('no', 'desc')
        .offset(slot('offset'))
        .limit(slot('limit'))
        .as('found'),
      (join) => join.onTrue(),
    )
    .selectAll('found')
    .select('counted.total')
    .orderBy('found.no', 'desc');
});

// The function of the log is called for the row that is found, and so only where there is one.
const noteReading = statement('note-reading', (slot: Slot<Reading>) =>
  query
    .selectFrom('conversations')
    .select(columns)
    .select(
      sql<null>`note_deed(${slot('space')}, ${slot('by')}, 'moderation.history', null, no, null, null)`.as('noted'),
    )
    .where('space', '=', slot('space'))
    .where('no', '=', slot('no')),
);

const messagesBetween = (order: 'asc' | 'desc') =>
  statement(`messages-between-${order}`, (slot: Slot<Range>) =>
    query
      .selectFrom('messages as g')
      .innerJoin('conversations as seen', 'seen.no', 'g.conversation_no')
      .select(messageColumns.map((column) => `g.${column}` as const))
      .select([reader.as('reader'), readAt.as('read_at')])
      .where('g.conversation_no', '=', slot('no'))
      .where('g.seq', '>', slot('after'))
      .where('g.seq', '<', slot('before'))
      .orderBy('g.seq', order)
      .limit(slot('limit')),
  );
const [older, newer] = [messagesBetween('desc'), messagesBetween('asc')];

// Who read what is looked up for the page alone, and not for what it steps over.
const messagesByPosition = statement('messages-by-position', (slot: Slot<Position>) =>
  query
    .selectFrom(
      query
        .selectFrom('messages')
        .selectAll()
        .where('conversation_no', '=', slot('no'))
        .where('deleted_at', 'is', null)
        .orderBy('seq', 'desc')
        .offset(slot('offset'))
        .limit(slot('limit'))
        .as('g'),
    )
    .innerJoin('conversations as seen', 'seen.no', 'g.conversation_no')
    .select(messageColumns.map((column) => `g.${column}` as const))
    .select([reader.as('reader'), readAt.as('read_at')])
    .orderBy('g.seq', 'desc'),
);

/** What an admin sees of conversations that are not theirs. */
export function createMonitoring(db: Database) {
  return {
    async conversations(space, { status = null, beforeNo: before = Number.MAX_SAFE_INTEGER, offset, limit }) {
      const rows = await db.read(conversationsByPosition, { space, status, before, offset, limit });
      return { conversations: rows.filter(isThere).map(monitored), total: rows[0]?.total ?? 0 };
    },
    async history({ space, userId: by }, no, { beforeSeq: before = Number.MAX_SAFE_INTEGER, afterSeq, offset, limit }) {
      const [conversation] = await db.write(noteReading, { space, by, no });
      if (!conversation) throw new Failure('not_found');
      const forward = afterSeq !== undefined;
      const [wanted, range] = [limit + 1, { after: afterSeq ?? 0, before }];
      const rows =
        offset === undefined
          ? await db.read(forward ? newer : older, { no, ...range, limit: wanted })
          : await db.read(messagesByPosition, { no, offset, limit: wanted });
      // A page by position is whole: the next one begins where it should have ended.
      const page = rows.slice(0, offset === undefined ? Math.min(limit, fitting(rows)) : limit);
      const ascending = forward ? page : page.toReversed();
      return {
        conversation: monitored(conversation),
        messages: ascending.map((row) => messageFor(staffId, row)),
        receipts: ascending.flatMap(readMarkOf),
        more: rows.length > page.length,
      };
    },
  } satisfies Pick<Administration, 'conversations' | 'history'>;
}

function monitored(row: Columns): MonitoredConversation {
  const peers = peersOf(row);
  return {
    id: conversationId(row.no),
    kind: row.kind,
    ...(row.title !== null && { title: row.title }),
    status: row.status,
    ...(peers && { peerIds: [...peers] }),
    memberCount: row.member_count,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    createdAt: isoTime(row.created_at),
    lastAt: isoTime(row.last_at),
  };
}

type Nullable<R> = { [C in keyof R]: R[C] | null };
const isThere = <R extends Nullable<Columns>>(row: R): row is R & Columns => row.no !== null;
