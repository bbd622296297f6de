import type { Migration } from './migration.ts';

export const administration: Migration = {
  number: 14,
  name: 'administration',
  olderNodes: 'must-stop',
  // Nodes that know no bans would let the banned in: they have to stop first.
  // The log is read backwards by its key within a space; `no` is given before the commit, so an entry may appear below one
  // that was already read, never after somebody had the answer of the deed.
  sql: `
create table bans (
  space text collate "C" not null,
  user_id text collate "C" not null,
  until timestamptz(3) not null,
  reason text,
  by_id text collate "C" not null,
  at timestamptz(3) not null,
  primary key (space, user_id)
);

create table audit_log (
  no bigint generated always as identity,
  space text collate "C" not null,
  at timestamptz(3) not null default clock_timestamp(),
  by_id text collate "C" not null,
  deed text not null,
  user_id text collate "C",
  conversation_no bigint,
  seq bigint,
  details json,
  primary key (space, no)
);

create index conversations_space on conversations (space, no);

create function note_deed(
  _space text, _by text, _deed text, _user text, _no bigint, _seq bigint, _details json
) returns void language sql as $$
  insert into audit_log (space, by_id, deed, user_id, conversation_no, seq, details)
  values (_space, _by, _deed, _user, _no, _seq, json_strip_nulls(_details))
$$;

create function ban_user(_space text, _by text, _user text, _reason text, _until timestamptz)
returns setof bans language plpgsql as $$
begin
  perform note_deed(_space, _by, 'user.ban', _user, null, null, json_build_object('reason', _reason, 'until', _until));
  return query insert into bans as b (space, user_id, until, reason, by_id, at)
  values (_space, _user, coalesce(_until, 'infinity'), _reason, _by, clock_timestamp())
  on conflict (space, user_id) do update
    set until = excluded.until, reason = excluded.reason, by_id = excluded.by_id, at = excluded.at
  returning b.*;
end $$;
`,
};
