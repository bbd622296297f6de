import type { Client } from 'pg';

/** What stands in a loaded database; `conversations` of `busy` are 2 … 1,001 with 100 messages each. */
export const load = {
  /** Two users, 100,000 messages. */
  long: 1,
  firstOfBusy: 2,
  busyCount: 1_000,
  /** 2,000 members. */
  crowded: 1_002,
};

/**
 * 200,000 messages: one conversation with half of them, and a user with 1,000 conversations who has not read the last
 * ten of any; `agents` are in them, too, as if they were threads. Made by the server itself, in about three seconds.
 */
export async function loadMessages(client: Client): Promise<void> {
  await client.query('set statement_timeout = 0');
  await client.query(`
    insert into users (space, user_id, role) select 'main', 'user-' || i, 'user' from generate_series(0, 2000) i;
    insert into users (space, user_id, role) values ('main', 'busy', 'user');
    insert into conversations (no, space, kind, title, last_seq, rev, member_count, membership_version, members_rev, created_at, last_at)
      overriding system value
      select i, 'main', 'group', 'Group ' || i, case i when 1 then 100000 when 1002 then 0 else 100 end, 1,
        case i when 1 then 2 when 1002 then 2000 else 5 end, 1, 1, now(), now() - i * interval '1 second'
      from generate_series(1, 1002) i;
    select setval(pg_get_serial_sequence('conversations', 'no'), 1002);
    insert into members (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
      select 1, 'user-' || u, 'main', 'member', 0, 0, 0, now(), 1 from generate_series(1, 2) u
      union all select 1002, 'user-' || u, 'main', case u when 1 then 'owner' else 'member' end, 0, 0, 0, now(), 1
        from generate_series(1, 2000) u
      union all select c, u, 'main', 'member', 0, 90, 90, now(), 1 from generate_series(2, 1001) c, unnest(array['busy', 'agents']) u
      union all select c, 'user-' || ((c * 4 + u) % 2000), 'main', 'member', 0, 0, 0, now(), 1
        from generate_series(2, 1001) c, generate_series(0, 3) u;
    insert into messages (conversation_no, seq, sender_id, client_id, content_hash, kind, body, created_at)
      select 1, s, 'user-' || (1 + s % 2), gen_random_uuid(), '\\x00', 'text', repeat('x', 100), now()
        from generate_series(1, 100000) s;
    insert into messages (conversation_no, seq, sender_id, kind, body, created_at)
      select c, s, 'user-' || ((c * 4 + s % 4) % 2000), 'text', repeat('x', 100), now()
        from generate_series(1, 100) s, generate_series(2, 1001) c;
  `);
  await client.query(`
    drop index search_grams;
    insert into search_texts (conversation_no, seq, created_at, grams)
      select conversation_no, seq, created_at, array_to_tsvector(array[b || 'xxx', b || 'xx ', b || 'x  ', b || lpad(to_hex(seq % 4096), 3, '0')])
        from messages, search_bucket(conversation_no) b;
    insert into search_progress (conversation_no, seq, rev) select no, last_seq, 0 from conversations;
    create index search_grams on search_texts using gin (grams);
    analyze;
    reset statement_timeout;
  `);
}
