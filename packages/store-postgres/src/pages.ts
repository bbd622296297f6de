import { Failure, type OffsetPage, type ReadMark } from '@parley/core';
import { type Conversation, messageId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isoTime, type MessageColumns, messageColumns, messageFor } from './rows.ts';
import { conversationOf, lastMessage, membershipsOf, type SeenRow, seenColumns, unread } from './seen.ts';
import { allMatching } from './search-places.ts';
import { query, type Slot, statement } from './statement.ts';

type Positions = { offset: number; limit: number };
type OfUser = { space: string; user: string };
type OfConversation = OfUser & Positions & { no: number };

/** One row beside every page, so that a page without rows has its total too. */
const countOfInbox = (slot: Slot<OfUser>) =>
  query
    .selectFrom('sights')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where('space', '=', slot('space'))
    .where('user_id', '=', slot('user'))
    .where('until_seq', 'is', null);

// As an inbox is read: the memberships by their index, the conversations by their key, and sorted.
const inboxByPosition = statement('inbox-by-position', (slot: Slot<OfUser & Positions>) =>
  query
    .selectFrom(countOfInbox(slot).as('counted'))
    .leftJoinLateral(
      membershipsOf(slot)
        .where('m.until_seq', 'is', null)
        .select(seenColumns)
        .orderBy('c.last_at', 'desc')
        .orderBy('c.no', 'desc')
        .offset(slot('offset'))
        .limit(slot('limit'))
        .as('seen'),
      (join) => join.onTrue(),
    )
    .leftJoinLateral(lastMessage().as('last_message'), (join) => join.onTrue())
    .selectAll('seen')
    .select([
      'counted.total',
      unread(slot).as('unread'),
      sql<MessageColumns | null>`to_json(last_message)`.as('last_message'),
    ])
    .orderBy('seen.last_at', 'desc')
    .orderBy('seen.no', 'desc'),
);

// Numbers are dense, so a position is a number once the tombstones before it are taken off. `alive` counts what lives
// on the near side of a tombstone; as it only grows, the tombstones to step over are those where it is not more than the
// offset. The cost is that of the tombstones and of the page.
const sides = {
  asc: {
    alive: sql<number>`t.seq - seen.floor - row_number() over (order by t.seq)`,
    within: sql<boolean>`g.seq > seen.floor + ${sql.ref('passed')} and g.seq <= seen.top`,
  },
  desc: {
    alive: sql<number>`seen.top - t.seq + 1 - row_number() over (order by t.seq desc)`,
    within: sql<boolean>`g.seq <= seen.top - ${sql.ref('passed')} and g.seq > seen.floor`,
  },
} as const;

type Reading = { reader: string | null; read_at: string | null };

// The other one of a direct conversation.
export const reader = sql<
  string | null
>`case g.sender_id when seen.peer_low then seen.peer_high when seen.peer_high then seen.peer_low end`;

// When it was read: by itself, or with the first advance of the watermark that came as far.
export const readAt = sql<string | null>`least(
  (select r.at from reads r where r.conversation_no = seen.no and r.user_id = ${reader} and r.seq = g.seq and r.single),
  (select r.at from reads r where r.conversation_no = seen.no and r.user_id = ${reader} and r.seq >= g.seq
    and not r.single order by r.seq limit 1))`;

const historyByPosition = (order: keyof typeof sides) =>
  statement(`history-by-position-${order}`, (slot: Slot<OfConversation>) =>
    query
      .selectFrom(
        membershipsOf(slot)
          .where('c.no', '=', slot('no'))
          .select(seenColumns)
          .select([
            sql<number>`greatest(c.first_seq - 1, m.from_seq)`.as('floor'),
            sql<number>`coalesce(m.until_seq, c.last_seq)`.as('top'),
          ])
          .as('seen'),
      )
      .innerJoinLateral(
        (eb) =>
          eb
            .selectFrom(
              query
                .selectFrom('messages as t')
                .select(sides[order].alive.as('alive'))
                .where('t.conversation_no', '=', sql.ref<number>('seen.no'))
                .where('t.seq', '>', sql.ref<number>('seen.floor'))
                .where('t.seq', '<=', sql.ref<number>('seen.top'))
                .where('t.deleted_at', 'is not', null)
                .as('tombstone'),
            )
            .select([
              (b) => b.fn.countAll<number>().as('count'),
              sql<number>`${slot('offset')}::bigint + count(*) filter (where alive <= ${slot('offset')}::bigint)`.as(
                'passed',
              ),
            ])
            .as('tombstones'),
        (join) => join.onTrue(),
      )
      .leftJoinLateral(lastMessage().as('last_message'), (join) => join.onTrue())
      .selectAll('seen')
      .select([
        unread(slot).as('unread'),
        sql<MessageColumns | null>`to_json(last_message)`.as('last_message'),
        sql<number>`greatest(seen.top - seen.floor, 0) - tombstones.count`.as('total'),
        (eb) =>
          eb
            .selectFrom(
              query
                .selectFrom('messages as g')
                .select(messageColumns)
                .select([reader.as('reader'), readAt.as('read_at')])
                .where('g.conversation_no', '=', sql.ref<number>('seen.no'))
                .where(sides[order].within)
                .where('g.deleted_at', 'is', null)
                .orderBy('g.seq', order)
                .limit(slot('limit'))
                .as('message'),
            )
            .select(
              sql<(MessageColumns & Reading)[] | null>`json_agg(message order by message.seq ${sql.raw(order)})`.as(
                'page',
              ),
            )
            .as('page'),
      ]),
  );

const matchesByPosition = statement(
  'matches-by-position',
  (slot: Slot<OfConversation & { terms: readonly string[] }>) =>
    query
      .selectFrom(membershipsOf(slot).where('c.no', '=', slot('no')).select(seenColumns).as('seen'))
      .leftJoinLateral(lastMessage().as('last_message'), (join) => join.onTrue())
      .leftJoinLateral(
        sql<{ total: number; page: (MessageColumns & Reading)[] | null }>`(
with found as materialized (${allMatching(slot)})
select (select count(*) from found) as total, (
  select json_agg(message order by message.seq desc) from (
    select ${sql.join(messageColumns.map((column) => sql.ref(`g.${column}`)))}, ${reader} as reader, ${readAt} as read_at
    from found g order by g.seq desc offset ${slot('offset')} limit ${slot('limit')}) message) as page)`.as('matched'),
        (join) => join.onTrue(),
      )
      .selectAll('seen')
      .select([
        unread(slot).as('unread'),
        sql<MessageColumns | null>`to_json(last_message)`.as('last_message'),
        'matched.total',
        'matched.page',
      ]),
);

const positions = { asc: historyByPosition('asc'), desc: historyByPosition('desc') };

export async function pageInbox(
  db: Database,
  space: string,
  user: string,
  page: Positions,
): Promise<{ conversations: Conversation[]; total: number }> {
  const rows = await db.read(inboxByPosition, { space, user, ...page });
  const seen = rows.filter(isThere);
  return { conversations: seen.map((row) => conversationOf(row, user)), total: rows[0]?.total ?? 0 };
}

export async function offsetHistory(
  db: Database,
  { order, ...page }: OfConversation & { order: 'asc' | 'desc' },
): Promise<OffsetPage> {
  const [row] = await db.read(positions[order], page);
  return offsetPageOf(row, page.user);
}

export async function searchByPosition(
  db: Database,
  page: OfConversation & { terms: readonly string[] },
): Promise<OffsetPage> {
  const [row] = await db.read(matchesByPosition, page);
  return offsetPageOf(row, page.user);
}

type PageRow = Parameters<typeof conversationOf>[0] & {
  total: number | null;
  page: (MessageColumns & Reading)[] | null;
};

function offsetPageOf(row: PageRow | undefined, user: string): OffsetPage {
  if (!row) throw new Failure('not_found');
  const messages = row.page ?? [];
  return {
    messages: messages.map((message) => messageFor(user, message)),
    total: row.total ?? 0,
    conversation: conversationOf(row, user),
    receipts: messages.flatMap(readMarkOf),
  };
}

export function readMarkOf(row: MessageColumns & Reading): ReadMark[] {
  const { conversation_no: no, seq, kind, reader: userId, read_at: at } = row;
  if (userId === null || at === null || kind === 'system') return [];
  return [{ messageId: messageId(no, seq), userId, readAt: isoTime(at) }];
}

type Nullable<R> = { [C in keyof R]: R[C] | null };
const isThere = <R extends Nullable<SeenRow>>(row: R): row is R & SeenRow => row.no !== null;
