import { conversationId, messageId } from '@parley/protocol';
import pg from 'pg';
import type { Database, Member, Row } from './checker/index.ts';

type MessageRow = {
  no: string;
  seq: string;
  sender_id: string;
  author_id: string | null;
  client_id: string | null;
  body: string;
  kind: string;
  edited: boolean;
  deleted: boolean;
};
type ConversationRow = { no: string; first_seq: string; last_seq: string; support: boolean };
type MemberRow = { no: string; user_id: string; from_seq: string; until_seq: string | null; read_seq: string };

/**
 * What the database holds of some conversations of a space, and who its staff are, in one snapshot.
 * @param former intervals that ended and were followed by another: the database keeps the latest only
 */
export async function readDatabase(
  databaseUrl: string,
  { space, nos }: { space: string; nos: readonly number[] },
  former: readonly Member[] = [],
): Promise<Database> {
  const client = new pg.Client({ connectionString: databaseUrl });
  // Its end is met by what it is asked next; without a listener the process would exit.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const messages = await client.query<MessageRow>(
      `select conversation_no as no, seq, sender_id, author_id, client_id, body, kind, edited_at is not null as edited,
        deleted_at is not null as deleted from messages where conversation_no = any($1) order by conversation_no, seq`,
      [nos],
    );
    const conversations = await client.query<ConversationRow>(
      `select no, first_seq, last_seq, kind = 'support' as support from conversations where no = any($1)`,
      [nos],
    );
    const members = await client.query<MemberRow>(
      'select conversation_no as no, user_id, from_seq, until_seq, read_seq from members where conversation_no = any($1)',
      [nos],
    );
    const staff = await client.query<{ user_id: string }>(
      `select user_id from users where space = $1 and role in ('agent', 'admin')`,
      [space],
    );
    return {
      messages: messages.rows.map(toRow),
      conversations: conversations.rows.map((row) => ({
        conversationId: conversationId(Number(row.no)),
        firstSeq: Number(row.first_seq),
        lastSeq: Number(row.last_seq),
        support: row.support,
      })),
      members: [...former, ...members.rows.map(toMember)],
      staff: new Set(staff.rows.map((row) => row.user_id)),
    };
  } finally {
    await client.end();
  }
}

function toRow({ no, seq, sender_id, author_id, client_id, kind, ...row }: MessageRow): Row {
  return {
    ...row,
    conversationId: conversationId(Number(no)),
    seq: Number(seq),
    id: messageId(Number(no), Number(seq)),
    senderId: sender_id,
    authorId: author_id ?? undefined,
    clientId: client_id ?? undefined,
    system: kind === 'system',
  };
}

function toMember({ no, user_id, from_seq, until_seq, read_seq }: MemberRow): Member {
  return {
    userId: user_id,
    conversationId: conversationId(Number(no)),
    fromSeq: Number(from_seq),
    untilSeq: until_seq === null ? undefined : Number(until_seq),
    readSeq: Number(read_seq),
  };
}
