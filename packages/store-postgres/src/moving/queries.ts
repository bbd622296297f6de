import type { Reaction } from '@parley/protocol';
import { sql } from 'kysely';
import { query, type Slot, statement } from '../statement.ts';

/*
 * What an export reads. Each walks one index of the space's conversations and then the keys of each, so that the first
 * row comes at once and nothing is sorted.
 */

type Of = { space: string };
export type Ids = Record<string, string> | null;

export const usersToMove = statement('users-to-move', (slot: Slot<Of>) =>
  query.selectFrom('users').selectAll().where('space', '=', slot('space')).orderBy('user_id'),
);

export const linksToMove = statement('links-to-move', (slot: Slot<Of>) =>
  query
    .selectFrom('links')
    .selectAll()
    .where('space', '=', slot('space'))
    .orderBy('low')
    .orderBy('kind')
    .orderBy('high'),
);

const conversations = (slot: Slot<Of>) =>
  query
    .selectFrom('conversations as c')
    .leftJoin('imported_conversations as ci', 'ci.conversation_no', 'c.no')
    .where('c.space', '=', slot('space'))
    .select(['c.no', 'c.first_seq', 'ci.id as conversation_id', 'ci.own_no']);

/** What the product calls the messages of these numbers, by number: those that were imported. */
const idsOf = (no: string, seqs: string) =>
  sql<Ids>`(select json_object_agg(i.seq, i.id) from imported_messages i
    where i.conversation_no = ${sql.ref(no)} and i.seq = any(${sql.raw(seqs)}))`.as('ids');

export const conversationsToMove = statement('conversations-to-move', (slot: Slot<Of>) =>
  conversations(slot)
    .select(['c.kind', 'c.peer_low', 'c.peer_high', 'c.title', 'c.status', 'c.created_at'])
    .orderBy('c.no'),
);

type Versions = { body: string; at: string }[] | null;
type Reactors = { emoji: string; user_id: string }[] | null;

export const messagesToMove = statement('messages-to-move', (slot: Slot<Of>) =>
  conversations(slot)
    .innerJoinLateral(
      query
        .selectFrom('messages')
        .selectAll()
        .where('conversation_no', '=', sql.ref<number>('c.no'))
        .orderBy('seq')
        // What keeps it behind its conversation, so that one part of the table is read for each.
        .offset(sql.lit(0))
        .as('g'),
      (join) => join.onTrue(),
    )
    .select(['g.seq', 'g.sender_id', 'g.author_id', 'g.client_id', 'g.kind', 'g.body', 'g.attachments'])
    .select(['g.reply_to_seq', 'g.created_at', 'g.edited_at', 'g.deleted_at'])
    .select([
      idsOf('c.no', 'array[g.seq, g.reply_to_seq]'),
      sql<Reaction[] | null>`g.reactions`.as('reactions'),
      sql<Versions>`case when g.edited_at is not null then (select json_agg(json_build_object('body', v.body, 'at', v.at)
        order by v.rev) from message_versions v where v.conversation_no = g.conversation_no and v.seq = g.seq) end`.as(
        'versions',
      ),
      sql<Reactors>`case when g.reactions is not null then (select json_agg(json_build_object('emoji', r.emoji,
        'user_id', r.user_id) order by r.rev, r.user_id) from reactions r
        where r.conversation_no = g.conversation_no and r.seq = g.seq) end`.as('reactors'),
    ])
    .orderBy('c.no')
    .orderBy('g.seq'),
);

export const membersToMove = statement('members-to-move', (slot: Slot<Of>) =>
  conversations(slot)
    .innerJoin('members as m', 'm.conversation_no', 'c.no')
    .select(['c.kind', 'm.user_id', 'm.role', 'm.from_seq', 'm.until_seq', 'm.muted_until', 'm.read_seq'])
    .select(['m.delivered_seq', 'm.receipt_at'])
    .select(sql<string>`m.read_beyond * int8multirange(int8range(c.first_seq, null))`.as('read_beyond'))
    .select(
      idsOf(
        'c.no',
        `array[m.from_seq, m.until_seq, m.read_seq, m.delivered_seq]
          || array(select unnest(array[c.first_seq, lower(b), upper(b) - 1]) from unnest(m.read_beyond) b)`,
      ),
    )
    .where('c.kind', '<>', 'announcement')
    .orderBy('c.no')
    .orderBy('m.user_id'),
);

export const readsToMove = statement('reads-to-move', (slot: Slot<Of>) =>
  conversations(slot)
    .innerJoin('reads as r', 'r.conversation_no', 'c.no')
    .select(['r.user_id', 'r.seq', 'r.at', 'r.single'])
    .select(idsOf('c.no', 'array[r.seq]'))
    .orderBy('c.no')
    .orderBy('r.user_id')
    .orderBy('r.seq')
    .orderBy('r.single'),
);

// What had been announced when a user came is nothing that they have to read.
export const announcementReadsToMove = statement('announcement-reads-to-move', (slot: Slot<Of>) =>
  conversations(slot)
    .where('c.kind', '=', 'announcement')
    .innerJoin('users as u', 'u.space', 'c.space')
    .leftJoin('announcement_reads as r', (join) =>
      join.onRef('r.conversation_no', '=', 'c.no').onRef('r.user_id', '=', 'u.user_id'),
    )
    .innerJoinLateral(
      query
        .selectNoFrom([
          sql<number>`greatest(u.announced_seq, r.read_seq)`.as('seq'),
          sql<string>`case when r.read_seq >= u.announced_seq then r.at else u.created_at end`.as('at'),
        ])
        .as('s'),
      (join) => join.onTrue(),
    )
    .where('s.seq', '>=', sql.ref<number>('c.first_seq'))
    .select(['u.user_id', 's.seq', 's.at', sql<boolean>`false`.as('single')])
    .select(idsOf('c.no', 'array[s.seq]'))
    .orderBy('u.user_id'),
);
