import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../src/schema.ts';
import { openStage, type Stage } from './support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

type Column<T> = `${string}${null extends T ? '?' : ''}`;
type Selected<C> = C extends { __select__: infer S } ? S : C;
/** Of a view PostgreSQL says that anything may be absent. */
type Tables = Omit<Database, 'sights'>;
type Columns = { [T in keyof Tables]: { [C in keyof Tables[T]]: Column<Selected<Tables[T][C]>> } };

/** What the types say, in PostgreSQL's words; `?` where there may be no value. It does not compile with a name missing. */
const columns = {
  users: {
    space: 'text',
    user_id: 'text',
    name: 'text?',
    first_name: 'text?',
    last_name: 'text?',
    email: 'text?',
    avatar_url: 'text?',
    role: 'text?',
    active: 'bool',
    revoked_at: 'timestamptz?',
    last_seen: 'timestamptz?',
    announced_seq: 'int8',
    created_at: 'timestamptz',
    updated_at: 'timestamptz?',
  },
  conversations: {
    no: 'int8',
    space: 'text',
    kind: 'text',
    title: 'text?',
    status: 'text',
    peer_low: 'text?',
    peer_high: 'text?',
    first_seq: 'int8',
    last_seq: 'int8',
    rev: 'int8',
    messages_rev: 'int8',
    members_rev: 'int8',
    receipts_rev: 'int8',
    facts_rev: 'int8',
    member_count: 'int4',
    membership_version: 'int8',
    created_at: 'timestamptz',
    last_at: 'timestamptz',
  },
  members: {
    conversation_no: 'int8',
    user_id: 'text',
    space: 'text',
    role: 'text',
    from_seq: 'int8',
    until_seq: 'int8?',
    muted_until: 'timestamptz?',
    read_seq: 'int8',
    read_beyond: 'int8multirange',
    delivered_seq: 'int8',
    receipt_at: 'timestamptz',
    rev: 'int8',
    receipt_rev: 'int8',
  },
  reads: { conversation_no: 'int8', user_id: 'text', seq: 'int8', at: 'timestamptz', single: 'bool', rev: 'int8' },
  announcement_reads: { conversation_no: 'int8', user_id: 'text', read_seq: 'int8', at: 'timestamptz' },
  messages: {
    conversation_no: 'int8',
    seq: 'int8',
    rev: 'int8',
    sender_id: 'text',
    author_id: 'text?',
    client_id: 'uuid?',
    content_hash: 'bytea?',
    kind: 'text',
    body: 'text',
    attachments: 'json?',
    reactions: 'jsonb?',
    reply_to_seq: 'int8?',
    created_at: 'timestamptz',
    edited_at: 'timestamptz?',
    deleted_at: 'timestamptz?',
  },
  message_versions: { conversation_no: 'int8', seq: 'int8', rev: 'int8', body: 'text', at: 'timestamptz' },
  reactions: { conversation_no: 'int8', seq: 'int8', emoji: 'text', user_id: 'text', rev: 'int8' },
  links: {
    space: 'text',
    low: 'text',
    high: 'text',
    kind: 'text',
    status: 'text',
    user_a: 'text',
    updated_at: 'timestamptz',
  },
  bans: {
    space: 'text',
    user_id: 'text',
    until: 'timestamptz',
    reason: 'text?',
    by_id: 'text',
    at: 'timestamptz',
  },
  reports: {
    no: 'int8',
    space: 'text',
    conversation_no: 'int8',
    seq: 'int8',
    by_id: 'text',
    sender_id: 'text',
    body: 'text',
    reason: 'text?',
    at: 'timestamptz',
    status: 'text',
    resolved_by_id: 'text?',
    resolved_at: 'timestamptz?',
    note: 'text?',
  },
  audit_log: {
    no: 'int8',
    space: 'text',
    at: 'timestamptz',
    by_id: 'text',
    deed: 'text',
    user_id: 'text?',
    conversation_no: 'int8?',
    seq: 'int8?',
    details: 'json?',
  },
  accounts: { space: 'text', email: 'text', user_id: 'text', password_hash: 'text', created_at: 'timestamptz' },
  sessions: {
    id: 'uuid',
    space: 'text',
    user_id: 'text',
    secret_hash: 'bytea',
    previous_hash: 'bytea?',
    sealed: 'bytea?',
    rotated_at: 'timestamptz?',
    began_at: 'timestamptz',
    expires_at: 'timestamptz',
  },
  imported_conversations: { space: 'text', id: 'text', conversation_no: 'int8', own_no: 'int8?' },
  imported_messages: { conversation_no: 'int8', seq: 'int8', space: 'text', id: 'text' },
  search_texts: { conversation_no: 'int8', seq: 'int8', created_at: 'timestamptz', grams: 'tsvector' },
  search_progress: { conversation_no: 'int8', seq: 'int8', rev: 'int8' },
  search_state: {
    one: 'bool',
    epoch: 'text?',
    rotation: 'int8?',
    snapshot: 'pg_snapshot?',
    pending: '_int8',
    sweep_no: 'int8?',
  },
  retention_state: { one: 'bool', walked_no: 'int8', walked_at: 'timestamptz' },
  uploads: {
    id: 'uuid',
    space: 'text',
    owner_id: 'text',
    name: 'text',
    type: 'text',
    bytes: 'int8',
    sha256: 'bytea',
    uploaded_at: 'timestamptz',
    conversation_no: 'int8?',
    seq: 'int8?',
    deleted_at: 'timestamptz?',
    kept: 'bool',
  },
  upload_totals: { space: 'text', user_id: 'text', bytes: 'int8' },
  moves: {
    slot: 'int2',
    xid: 'xid8',
    nos: '_int8',
    seqs: '_int8',
    revs: '_int8',
    versions: '_int8',
    users: '_text?',
  },
  moves_kept: { one: 'bool', rotation: 'int8', slot: 'int2', gone_xid: 'xid8' },
  epoch: { one: 'bool', id: 'text' },
  migrations: { number: 'int4', name: 'text', older_nodes: 'text', at: 'timestamptz' },
} satisfies Columns;

describe('the types of the queries', () => {
  it('are those of the tables that the migrations make', async () => {
    const session = await stage.session();
    const { rows } = await session.query<{ table: string; name: string; type: string; optional: boolean }>(
      `select table_name as table, column_name as name, udt_name as type, is_nullable = 'YES' as optional
       from information_schema.columns where table_schema = 'public' and table_name not in (select inhrelid::regclass::text from pg_inherits)
         and table_name not in (select table_name from information_schema.views)`,
    );
    const found: Record<string, Record<string, string>> = {};
    for (const { table, name, type, optional } of rows) (found[table] ??= {})[name] = optional ? `${type}?` : type;
    expect(found).toEqual(columns);
  });

  it('split messages by conversation: it leads every key of theirs', async () => {
    const session = await stage.session();
    const { rows } = await session.query<{ indexdef: string }>(
      `select indexdef from pg_indexes where tablename in ('messages', 'reads')`,
    );
    for (const { indexdef } of rows) expect(indexdef).toMatch(/\(conversation_no,/);
    expect(rows).toHaveLength(6);
  });

  it('index nothing that a message writes in its conversation, so that its update stays in the page', async () => {
    const session = await stage.session();
    const { rows } = await session.query<{ indexdef: string }>(
      `select indexdef from pg_indexes where tablename = 'conversations'`,
    );
    for (const { indexdef } of rows) expect(indexdef).not.toMatch(/last_seq|last_at|rev/);
  });
});
