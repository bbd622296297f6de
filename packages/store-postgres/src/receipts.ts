import type { Read, Receipts } from '@parley/core';
import { limits, messageId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { accepted, type Refused } from './outcomes.ts';
import { factsOf, receiptOf } from './rows.ts';
import type { ConversationRow, MemberRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type Mark = { space: string; user: string; no: number; seq: number };
type ReadRow = {
  outcome: 'ok' | Refused;
  told: boolean;
  read_seq: number;
  unread: number;
  conversation: ConversationRow;
  member: MemberRow;
};
type DeliveredRow = { rev: number; member: MemberRow; conversation: ConversationRow };
type Marks = { spaces: string[]; users: string[]; nos: number[]; seqs: number[] };

const markRead = statement('mark-read', (slot: Slot<Mark>) =>
  query
    .selectFrom(
      sql<ReadRow>`mark_read(${slot('space')}, ${slot('user')}, ${slot('no')}, ${slot('seq')}, ${sql.lit(limits.smallConversationMembersMax)}, ${sql.lit(limits.unreadMax)})`.as(
        'marked',
      ),
    )
    .select(['outcome', 'told', 'read_seq', 'unread', 'conversation', 'member']),
);

const markOneRead = statement('mark-one-read', (slot: Slot<Mark>) =>
  query
    .selectFrom(
      sql<ReadRow>`mark_one_read(${slot('space')}, ${slot('user')}, ${slot('no')}, ${slot('seq')}, ${sql.lit(limits.smallConversationMembersMax)}, ${sql.lit(limits.readRangesMax)}, ${sql.lit(limits.unreadMax)})`.as(
        'marked',
      ),
    )
    .select(['outcome', 'told', 'read_seq', 'unread', 'conversation', 'member']),
);

const markDelivered = statement('mark-delivered', (slot: Slot<Marks>) =>
  query
    .selectFrom(
      sql<DeliveredRow>`mark_delivered(${slot('spaces')}, ${slot('users')}, ${slot('nos')}, ${slot('seqs')}, ${sql.lit(limits.smallConversationMembersMax)})`.as(
        'marked',
      ),
    )
    .select(['rev', 'member', 'conversation']),
);

export function createReceipts(db: Database) {
  return {
    async read(space, user, no, seq) {
      return readOf(accepted(await db.write(markRead, { space, user, no, seq })));
    },
    async readOne(space, user, { no, seq }) {
      const forbidden = { message: 'You wrote this message yourself.' };
      const row = accepted(await db.write(markOneRead, { space, user, no, seq }), { forbidden });
      return readOf(row, [messageId(no, seq)]);
    },
    async deliver(marks) {
      if (marks.length === 0) return [];
      const rows = await db.write(markDelivered, {
        spaces: marks.map((mark) => mark.space),
        users: marks.map((mark) => mark.userId),
        nos: marks.map((mark) => mark.no),
        seqs: marks.map((mark) => mark.seq),
      });
      return rows.map(({ rev, member, conversation }) => ({
        conversation: factsOf(conversation),
        receipt: receiptOf(member),
        rev,
      }));
    },
  } satisfies Receipts;
}

function readOf({ told, read_seq: readSeq, unread, conversation, member }: ReadRow, messageIds?: string[]): Read {
  if (!told) return { readSeq, unread, advanced: undefined };
  const single = messageIds && { messageIds };
  const advanced = {
    conversation: factsOf(conversation),
    receipt: receiptOf(member),
    rev: conversation.rev,
    ...single,
  };
  return { readSeq, unread, advanced };
}
