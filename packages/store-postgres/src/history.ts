import { Failure, type History, type HistoryPage } from '@parley/core';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { Epoch } from './epoch.ts';
import { offsetHistory } from './pages.ts';
import type { Replica } from './replica.ts';
import { readStanding, replayedEpoch, type Standing } from './standing.ts';
import { type MessageColumns, messageFor, sizeOf } from './rows.ts';
import { membershipsOf } from './seen.ts';
import { query, type Slot, statement } from './statement.ts';
import { sync } from './sync/index.ts';
import { readVersions } from './versions.ts';

/** A page ends here, however many messages were asked for: an answer must fit into the buffer of a slow client. */
const pageBytesMax = 256 * 1024;

type Range = { space: string; user: string; no: number; afterSeq: number; beforeSeq: number; limit: number };

const columns = [
  'g.conversation_no',
  'g.seq',
  'g.rev',
  'g.sender_id',
  'g.author_id',
  'g.client_id',
  'g.kind',
  'g.body',
  'g.attachments',
  'g.reactions',
  'g.reply_to_seq',
  'g.created_at',
  'g.edited_at',
  'g.deleted_at',
] as const;

// One statement, one snapshot: the bounds of the membership come with every message, and alone when there is none.
const pageOfHistory = (name: string, direction: 'asc' | 'desc') =>
  statement(name, (slot: Slot<Range>) =>
    membershipsOf(slot)
      .where('c.no', '=', slot('no'))
      .leftJoinLateral(
        (eb) =>
          eb
            .selectFrom('messages as g')
            .select(columns)
            .whereRef('g.conversation_no', '=', 'c.no')
            .where('g.seq', '>', sql<number>`greatest(m.from_seq, ${slot('afterSeq')}::bigint)`)
            .where(
              'g.seq',
              '<=',
              sql<number>`least(coalesce(m.until_seq, c.last_seq), ${slot('beforeSeq')}::bigint - 1)`,
            )
            .orderBy('g.seq', direction)
            .limit(slot('limit'))
            .as('page'),
        (join) => join.onTrue(),
      )
      .selectAll('page')
      .select([
        sql<number>`greatest(c.first_seq, m.from_seq + 1)`.as('first_seq'),
        sql<number>`coalesce(m.until_seq, c.last_seq)`.as('last_seq'),
        sql<string>`(select current_epoch())`.as('epoch'),
      ]),
  );

const newerMessages = pageOfHistory('newer-messages', 'asc');
const olderMessages = pageOfHistory('older-messages', 'desc');

// The bounds are those that the primary gave. No row where the conversation stands behind what it said.
const pageOfReplica = (name: string, direction: 'asc' | 'desc') =>
  statement(name, (slot: Slot<Omit<Range, 'space' | 'user'> & Standing>) =>
    query
      .selectFrom('conversations as c')
      .leftJoinLateral(
        (eb) =>
          eb
            .selectFrom('messages as g')
            .select(columns)
            .whereRef('g.conversation_no', '=', 'c.no')
            .where('g.seq', '>', sql<number>`greatest(${slot('floor')}::bigint, ${slot('afterSeq')}::bigint)`)
            .where('g.seq', '<=', sql<number>`least(${slot('top')}::bigint, ${slot('beforeSeq')}::bigint - 1)`)
            .orderBy('g.seq', direction)
            .limit(slot('limit'))
            .as('page'),
        (join) => join.onTrue(),
      )
      .where('c.no', '=', slot('no'))
      .where('c.last_seq', '>=', slot('head'))
      .where('c.rev', '>=', slot('rev'))
      .where(sql<boolean>`${slot('epoch')} = ${replayedEpoch}`)
      .selectAll('page')
      .select([
        sql<number>`greatest(c.first_seq, ${slot('floor')}::bigint + 1)`.as('first_seq'),
        sql<number>`${slot('top')}::bigint`.as('last_seq'),
        sql<string>`${slot('epoch')}::text`.as('epoch'),
      ]),
  );

const newerOfReplica = pageOfReplica('newer-messages-replica', 'asc');
const olderOfReplica = pageOfReplica('older-messages-replica', 'desc');

export function createHistory(db: Database, replica: Replica | undefined, epoch: Epoch) {
  async function fromReplica(range: Range, forward: boolean) {
    if (!replica) return undefined;
    const standing = await readStanding(db, range);
    return standing && replica.read(forward ? newerOfReplica : olderOfReplica, { ...range, ...standing });
  }

  return {
    async page(space, user, no, { beforeSeq = Number.MAX_SAFE_INTEGER, afterSeq, limit }): Promise<HistoryPage> {
      const forward = afterSeq !== undefined;
      const range = { space, user, no, afterSeq: afterSeq ?? 0, beforeSeq, limit: limit + 1 };
      const rows =
        (await fromReplica(range, forward)) ?? (await db.read(forward ? newerMessages : olderMessages, range));
      const [bounds] = rows;
      if (!bounds) throw new Failure('not_found');
      const found = rows.filter(hasMessage);
      const messages = found.slice(0, Math.min(limit, fitting(found))).map((row) => messageFor(user, row));
      const more = found.length > messages.length;
      if (!forward) messages.reverse();
      const { first_seq: firstSeq, last_seq: lastSeq, epoch } = bounds;
      return { messages, firstSeq, lastSeq, more, epoch };
    },
    offset: (space, user, no, page) => offsetHistory(db, { space, user, no, ...page }),
    versions: (space, user, key, page) => readVersions(db, { space, user, ...key, ...page }),
    sync: (space, user, cursors) => sync(db, space, user, cursors),
    epoch: () => epoch.current(),
  } satisfies History;
}

/** How many of these fit into a page, from the first on; one always does. */
export function fitting(rows: readonly MessageColumns[]): number {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += sizeOf(row)) > pageBytesMax);
  return end < 0 ? rows.length : Math.max(1, end);
}

type Nullable<R> = { [C in keyof R]: R[C] | null };
const hasMessage = <R extends Nullable<MessageColumns>>(row: R): row is R & MessageColumns => row.seq !== null;
