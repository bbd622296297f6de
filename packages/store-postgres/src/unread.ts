import type { Unread } from '@parley/core';
import { limits } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { type MessageColumns, messageColumns, messageFor, messageSize } from './rows.ts';
import { conversationOf, lastMessage, membershipsOf, seenColumns, unread } from './seen.ts';
import { query, type Slot, statement } from './statement.ts';

type OfUser = { space: string; user: string };
type Some = OfUser & { limit: number };

// Where two numbers tell that everything was read, no message is looked at.
const behind = (slot: Slot<OfUser>) =>
  membershipsOf(slot)
    .where('m.until_seq', 'is', null)
    .where(sql<boolean>`c.last_seq > greatest(m.read_seq, m.from_seq)`);

/** What is unread in `seen`, by `seq`. */
const unreadMessages = (slot: Slot<OfUser>) =>
  query
    .selectFrom('messages as g')
    .where('g.conversation_no', '=', sql.ref<number>('seen.no'))
    .where('g.seq', '>', sql<number>`greatest(seen.read_seq, seen.from_seq)`)
    .where('g.seq', '<=', sql.ref<number>('seen.last_seq'))
    .where('g.sender_id', '<>', slot('user'))
    .where('g.author_id', 'is distinct from', slot('user'))
    .where('g.deleted_at', 'is', null)
    .where('g.kind', '<>', 'system')
    .where(sql<boolean>`not g.seq <@ seen.read_beyond`);

const unreadTotal = statement('unread-total', (slot: Slot<OfUser>) =>
  query
    .selectFrom(
      query
        .selectFrom(behind(slot).select(seenColumns).as('seen'))
        .innerJoinLateral(unreadMessages(slot).select('g.seq').limit(sql.lit(limits.unreadTotalMax)).as('g'), (join) =>
          join.onTrue(),
        )
        .select('g.seq')
        .limit(sql.lit(limits.unreadTotalMax))
        .as('counted'),
    )
    .select((eb) => eb.fn.countAll<number>().as('total')),
);

const unreadConversations = statement('unread-conversations', (slot: Slot<Some>) =>
  query
    .selectFrom(
      query
        .selectFrom(behind(slot).select(seenColumns).as('seen'))
        .selectAll('seen')
        .where((eb) => eb.exists(unreadMessages(slot).select('g.seq')))
        .orderBy('seen.last_at', 'desc')
        .orderBy('seen.no', 'desc')
        .limit(slot('limit'))
        .as('seen'),
    )
    .leftJoinLateral(lastMessage().as('last_message'), (join) => join.onTrue())
    .selectAll('seen')
    .select([unread(slot).as('unread'), sql<MessageColumns | null>`to_json(last_message)`.as('last_message')])
    .orderBy('seen.last_at', 'desc')
    .orderBy('seen.no', 'desc'),
);

// The oldest n messages are in the n conversations whose first unread one is the oldest: only these are read further.
const oldestUnread = statement('oldest-unread', (slot: Slot<Some>) =>
  query
    .selectFrom(
      query
        .selectFrom(
          query
            .selectFrom(behind(slot).select(seenColumns).as('seen'))
            .innerJoinLateral(
              unreadMessages(slot).select(['g.seq', 'g.created_at']).orderBy('g.seq').limit(1).as('first'),
              (join) => join.onTrue(),
            )
            .selectAll('seen')
            .orderBy('first.created_at')
            .orderBy('seen.no')
            .limit(slot('limit'))
            .as('seen'),
        )
        .innerJoinLateral(
          unreadMessages(slot).select(messageColumns).orderBy('g.seq').limit(slot('limit')).as('g'),
          (join) => join.onTrue(),
        )
        .selectAll('g')
        .select(
          sql<number>`sum(${messageSize('g')})
            over (order by g.created_at, g.conversation_no, g.seq)`.as('bytes'),
        )
        .orderBy('g.created_at')
        .orderBy('g.conversation_no')
        .orderBy('g.seq')
        .limit(slot('limit'))
        .as('oldest'),
    )
    .selectAll('oldest')
    .orderBy('created_at')
    .orderBy('conversation_no')
    .orderBy('seq'),
);

export function createUnread(db: Database) {
  return {
    async total(space, user) {
      return (await db.read(unreadTotal, { space, user }))[0]?.total ?? 0;
    },
    async byConversation(space, user, { limit }) {
      const rows = await db.read(unreadConversations, { space, user, limit: limit + 1 });
      return {
        conversations: rows.slice(0, limit).map((row) => conversationOf(row, user)),
        more: rows.length > limit,
      };
    },
    async messages(space, user, { limit }) {
      const rows = await db.read(oldestUnread, { space, user, limit: limit + 1 });
      const messages = rows.slice(0, limit).filter(({ bytes }, i) => i === 0 || bytes <= limits.unreadBytesMax);
      return { messages: messages.map((row) => messageFor(user, row)), more: rows.length > messages.length };
    },
  } satisfies Unread;
}
