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

-- What was said is kept as it was when it was reported: an edit or a deletion takes nothing from who has to judge.
create table reports (
  no bigint generated always as identity primary key,
  space text collate "C" not null,
  conversation_no bigint not null,
  seq bigint not null,
  by_id text collate "C" not null,
  sender_id text collate "C" not null,
  body text not null,
  reason text,
  at timestamptz(3) not null,
  status text not null,
  resolved_by_id text collate "C",
  resolved_at timestamptz(3),
  note text,
  unique (conversation_no, seq, by_id)
);
create index reports_queue on reports (space, status, no);

create function report_message(_space text, _user text, _no bigint, _seq bigint, _reason text)
returns table (outcome text, report json) language plpgsql as $$
declare
  m members;
  g messages;
  r reports;
begin
  select * into m from members where conversation_no = _no and user_id = _user and space = _space;
  select * into g from messages where conversation_no = _no and seq = _seq
    and seq > m.from_seq and seq <= coalesce(m.until_seq, seq) and deleted_at is null;
  outcome := case when g.seq is null then 'not_found' when g.sender_id = _user then 'forbidden' else 'ok' end;
  if outcome = 'ok' then
    insert into reports (space, conversation_no, seq, by_id, sender_id, body, reason, at, status)
    values (_space, _no, _seq, _user, g.sender_id, g.body, _reason, clock_timestamp(), 'open')
    on conflict (conversation_no, seq, by_id) do nothing;
    select * into r from reports where conversation_no = _no and seq = _seq and by_id = _user;
    report := to_json(r);
  end if;
  return next;
end $$;

create function resolve_report(_space text, _by text, _no bigint, _status text, _note text)
returns table (outcome text, report json) language plpgsql as $$
declare
  r reports;
begin
  select * into r from reports where no = _no and space = _space for update;
  outcome := case when r.no is null then 'not_found' else 'ok' end;
  if outcome = 'ok' and (r.status <> _status or r.note is distinct from _note) then
    update reports set status = _status, note = _note, resolved_by_id = _by, resolved_at = clock_timestamp()
    where no = _no returning * into r;
    perform note_deed(_space, _by, 'report.resolve', r.sender_id, r.conversation_no, r.seq,
      json_build_object('reason', _note));
  end if;
  report := case when outcome = 'ok' then to_json(r) end;
  return next;
end $$;

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
