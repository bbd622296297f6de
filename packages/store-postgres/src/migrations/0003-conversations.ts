import type { Migration } from './migration.ts';

export const conversations: Migration = {
  number: 3,
  name: 'conversations',
  olderNodes: 'survive',
  // No index on last_seq, last_at or any rev: it would end HOT updates (measured: 0 % HOT, a table four times as large),
  // and every message updates its conversation. An inbox is sorted after it was read by its members' index.
  // No CHECK here nor on messages: PostgreSQL reads each one anew for every statement that writes, which was a fifth of
  // a small batch (133 against 105 us). Only our functions write, and what they are given has passed a schema.
  // last_at has microseconds, because it sorts inboxes; the times that people see have milliseconds.
  // reads keeps when the watermark came to a message, and when a message was read by itself ("single", under its rev);
  // members.read_beyond holds the latter as ranges above the watermark, so that unread stays arithmetic.
  // messages_rev, members_rev and receipts_rev are the newest rev of each sort of row, facts_rev that of title and status: with them a sync knows without a
  // look at the rows that nothing of a sort changed.
  sql: `
create table conversations (
  no bigint generated always as identity primary key,
  space text collate "C" not null,
  kind text not null,
  title text,
  status text not null default 'active',
  peer_low text collate "C",
  peer_high text collate "C",
  first_seq bigint not null default 1,
  last_seq bigint not null default 0,
  rev bigint not null default 0,
  messages_rev bigint not null default 0,
  members_rev bigint not null default 0,
  receipts_rev bigint not null default 0,
  facts_rev bigint not null default 0,
  member_count integer not null default 0,
  membership_version bigint not null default 0,
  created_at timestamptz(3) not null,
  last_at timestamptz not null
) with (fillfactor = 70);
create unique index conversations_direct on conversations (space, peer_low, peer_high) where kind = 'direct';

create table members (
  conversation_no bigint not null references conversations,
  user_id text collate "C" not null,
  space text collate "C" not null,
  role text not null check (role in ('owner', 'admin', 'member')),
  from_seq bigint not null,
  until_seq bigint,
  muted_until timestamptz(3),
  read_seq bigint not null,
  read_beyond int8multirange not null default '{}',
  delivered_seq bigint not null,
  receipt_at timestamptz(3) not null,
  rev bigint not null,
  receipt_rev bigint not null default 0,
  primary key (conversation_no, user_id)
) with (fillfactor = 80);
create index members_inbox on members (space, user_id, conversation_no) where until_seq is null;

create table reads (
  conversation_no bigint not null,
  user_id text collate "C" not null,
  seq bigint not null,
  at timestamptz(3) not null,
  single boolean not null default false,
  rev bigint not null default 0,
  primary key (conversation_no, user_id, seq, single)
);
create index reads_single on reads (conversation_no, rev) where single;
`,
};
