import type { Migration } from './migration.ts';

export const users: Migration = {
  number: 1,
  name: 'users',
  olderNodes: 'survive',
  // Ids compare byte by byte ("C"): quicker, and an index survives another version of the system's collations.
  // fillfactor: `last_seen` is written for every disconnect, and stays a HOT update while its page has room.
  sql: `
create table users (
  space text collate "C" not null,
  user_id text collate "C" not null,
  name text,
  first_name text,
  last_name text,
  email text,
  avatar_url text,
  role text check (role in ('user', 'agent', 'admin')),
  active boolean not null default true,
  revoked_at timestamptz(3),
  last_seen timestamptz(3),
  created_at timestamptz(3) not null default now(),
  primary key (space, user_id)
) with (fillfactor = 80);
`,
};
