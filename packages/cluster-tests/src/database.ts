import { conversationId, messageId } from '@parley/protocol';
import pg from 'pg';
import type { Database, Member, Row } from './checker/index.ts';

type MessageRow = {
  no: string;
  seq: string;
  sender_id: string;
  client_id: string | null;
  body: string;
  kind: string;
  edited: boolean;
  deleted: boolean;
};
type ConversationRow = { no: string; first_seq: string; last_seq: string };
type MemberRow = { no: string; user_id: string; from_seq: string; until_seq: string | null; read_seq: string };

/**
 * What the database holds of some conversations, in one snapshot.
 * @param former intervals that ended and were followed by another: the database keeps the latest only
 */
export async function readDatabase(
  databaseUrl: string,
  nos: readonly number[],
  former: readonly Member[] = [],
): Promise<Database> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    const messages = await client.query<MessageRow>(
      `select conversation_no as no, seq, sender_id, client_id, body, kind, edited_at is not null as edited,
        deleted_at is not null as deleted from messages where conversation_no = any($1) order by conversation_no, seq`,
      [nos],
    );
    const conversations = await client.query<ConversationRow>(
      'select no, first_seq, last_seq from conversations where no = any($1)',
      [nos],
    );
    const members = await client.query<MemberRow>(
      'select conversation_no as no, user_id, from_seq, until_seq, read_seq from members where conversation_no = any($1)',
      [nos],
    );
    return {
      messages: messages.rows.map(toRow),
      conversations: conversations.rows.map((row) => ({
        conversationId: conversationId(Number(row.no)),
        firstSeq: Number(row.first_seq),
        lastSeq: Number(row.last_seq),
      })),
      members: [...former, ...members.rows.map(toMember)],
    };
  } finally {
    await client.end();
  }
}

function toRow({ no, seq, sender_id, client_id, kind, ...row }: MessageRow): Row {
  return {
    ...row,
    conversationId: conversationId(Number(no)),
    seq: Number(seq),
    id: messageId(Number(no), Number(seq)),
    senderId: sender_id,
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
