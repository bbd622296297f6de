import { Failure, type Inbox } from '@parley/core';
import { limits } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { type MessageColumns, sizeOf } from './rows.ts';
import { conversationOf, lastMessage, membershipsOf, seenColumns, unread } from './seen.ts';
import { query, type Slot, statement } from './statement.ts';

type Page = { space: string; user: string; beforeAt: string; beforeNo: number; limit: number };
type Cursor = { at: string; no: number };

/** Bytes of last messages on one page. */
const lastMessagesBytesMax = 256 * 1024;

// Most recent first without an index on a column that every message writes: the memberships are read by their index, the
// conversations by their key, and sorted. A user with 1,000 conversations costs 3 ms this way.
const pageOfInbox = statement('page-of-inbox', (slot: Slot<Page>) =>
  query
    .selectFrom(
      membershipsOf(slot)
        .where('m.until_seq', 'is', null)
        .where(sql<boolean>`(c.last_at, c.no) < (${slot('beforeAt')}::timestamptz, ${slot('beforeNo')}::bigint)`)
        .select(seenColumns)
        .orderBy('c.last_at', 'desc')
        .orderBy('c.no', 'desc')
        .limit(slot('limit'))
        .as('seen'),
    )
    .leftJoinLateral(lastMessage().as('last_message'), (join) => join.onTrue())
    .selectAll('seen')
    .select([
      unread(slot).as('unread'),
      sql<MessageColumns | null>`to_json(last_message)`.as('last_message'),
      sql<string>`(select current_epoch())`.as('epoch'),
    ])
    .orderBy('seen.last_at', 'desc')
    .orderBy('seen.no', 'desc'),
);

// Stops at the cap: nobody reads a larger number.
const unreadInAll = statement('unread-in-all', (slot: Slot<{ space: string; user: string }>) =>
  query
    .selectFrom(
      membershipsOf(slot)
        .where('m.until_seq', 'is', null)
        .whereRef('c.last_seq', '>', 'm.read_seq')
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom('messages as g')
              .select('g.seq')
              .whereRef('g.conversation_no', '=', 'c.no')
              .where('g.seq', '>', sql<number>`greatest(m.read_seq, m.from_seq)`)
              .where('g.sender_id', '<>', slot('user'))
              .where('g.author_id', 'is distinct from', slot('user'))
              .where('g.deleted_at', 'is', null)
              .where('g.kind', '<>', 'system')
              .where(sql<boolean>`not g.seq <@ m.read_beyond`)
              .limit(sql.lit(limits.unreadMax))
              .as('unread'),
          (join) => join.onTrue(),
        )
        .select('unread.seq')
        .limit(sql.lit(limits.unreadMax))
        .as('counted'),
    )
    .select([(eb) => eb.fn.countAll<number>().as('total'), sql<string>`(select current_epoch())`.as('epoch')]),
);

export async function listInbox(
  db: Database,
  space: string,
  user: string,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Inbox> {
  const before: Cursor = after === undefined ? { at: 'infinity', no: 0 } : parseCursor(after);
  const rows = await db.read(pageOfInbox, { space, user, beforeAt: before.at, beforeNo: before.no, limit: limit + 1 });
  // Most inboxes fit a page, which has counted them: after a node's death thousands ask for theirs at once.
  const isAll = after === undefined && rows.length <= limit;
  const counted = (isAll && countedIn(rows)) || (await db.read(unreadInAll, { space, user }))[0];
  const conversations = withinBytes(rows.slice(0, limit)).map((row) => conversationOf(row, user));
  const last = rows[limit - 1];
  return {
    conversations,
    next: rows.length > limit && last ? cursorOf({ at: last.last_at, no: last.no }) : undefined,
    unreadTotal: counted?.total ?? 0,
    epoch: counted?.epoch ?? '',
  };
}

/** `undefined` where no row can tell the epoch. */
function countedIn(rows: readonly { unread: number; epoch: string }[]) {
  const [first] = rows;
  const total = rows.reduce((sum, { unread: count }) => sum + count, 0);
  return first && { total: Math.min(total, limits.unreadMax), epoch: first.epoch };
}

/** Leaves out the last messages that no longer fit, so that two hundred long ones do not make an answer of megabytes. */
function withinBytes<R extends { last_message: MessageColumns | null }>(rows: readonly R[]): R[] {
  let bytes = 0;
  return rows.map((row) => {
    bytes += row.last_message ? sizeOf(row.last_message) : 0;
    return bytes > lastMessagesBytesMax ? { ...row, last_message: null } : row;
  });
}

const cursorOf = ({ at, no }: Cursor) => Buffer.from(`${no} ${at}`).toString('base64url');
const cursorText = /^(\d{1,15}) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00)$/;

function parseCursor(text: string): Cursor {
  const parts = cursorText.exec(Buffer.from(text, 'base64url').toString());
  const [, no, at] = parts ?? [];
  if (no === undefined || at === undefined || Number.isNaN(Date.parse(`${at.slice(0, 10)}T${at.slice(11, 19)}Z`))) {
    throw new Failure('invalid', 'The cursor is none of ours.', {
      details: [{ path: '/after', message: 'Give back the cursor of the last page as it was.' }],
    });
  }
  return { no: Number(no), at };
}
