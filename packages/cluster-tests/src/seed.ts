import { sessionOn } from '@parley/testkit';
import { parseConversationId } from '@parley/protocol';

/** What would take a client minutes to make. Nobody may be connected who hears of these conversations. */
export async function seed(databaseUrl: string, job: (seeds: Seeds) => Promise<void>): Promise<void> {
  const client = await sessionOn(databaseUrl);
  try {
    await job({
      users: async (userIds) =>
        void (await client.query(`insert into users (space, user_id) select 'main', unnest($1::text[])`, [userIds])),
      messages: async (conversationId, senderId, count) => {
        const no = parseConversationId(conversationId);
        await client.query(
          `insert into messages (conversation_no, seq, sender_id, kind, body, created_at)
          select $1, seq, $2, 'text', 'message ' || seq, clock_timestamp() from generate_series(1, $3::bigint) seq`,
          [no, senderId, count],
        );
        await client.query('update conversations set last_seq = $2, last_at = clock_timestamp() where no = $1', [
          no,
          count,
        ]);
      },
    });
  } finally {
    await client.end();
  }
}

export type Seeds = {
  /** Users of space `main`. */
  users: (userIds: readonly string[]) => Promise<void>;
  /** The first messages of a conversation that has none, `message 1` and so on. */
  messages: (conversationId: string, senderId: string, count: number) => Promise<void>;
};
