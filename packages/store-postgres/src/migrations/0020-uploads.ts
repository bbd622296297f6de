import type { Migration } from './migration.ts';

export const uploads: Migration = {
  number: 20,
  name: 'uploads',
  olderNodes: 'survive',
  // A row lives as long as its message does, also as a tombstone: a retry of the send finds it. `kept`: its bytes still
  // lie about. The indexes hold what waits for something, or is looked for by its message.
  //
  // What counts against a quota is summed up beside, in a row that every change locks: two uploads at the same moment
  // cannot both take what is left. Whoever locks uploads and totals locks them in this order.
  //
  // append_with_files is append_one for messages that carry files, so that the others do not know of it. It claims them
  // under the lock of the conversation and their own, and takes the message back where another one has them (UP001).
  sql: `
create table uploads (
  id uuid primary key,
  space text collate "C" not null,
  owner_id text collate "C" not null,
  name text not null,
  type text not null,
  bytes bigint not null,
  sha256 bytea not null,
  uploaded_at timestamptz(3) not null default clock_timestamp(),
  conversation_no bigint,
  seq bigint,
  deleted_at timestamptz(3),
  kept boolean not null default true
);
create index uploads_unsent on uploads (uploaded_at) where conversation_no is null and deleted_at is null;
create index uploads_sent on uploads (conversation_no, seq) where conversation_no is not null;
create index uploads_unreachable on uploads (deleted_at) where deleted_at is not null and kept;

create table upload_totals (
  space text collate "C" not null,
  user_id text collate "C" not null,
  bytes bigint not null,
  primary key (space, user_id)
);

create function add_upload(
  _id uuid, _space text, _owner text, _name text, _type text, _bytes bigint, _sha256 bytea, _quota bigint
) returns setof uploads language plpgsql as $$
begin
  insert into upload_totals values (_space, _owner, 0) on conflict do nothing;
  update upload_totals set bytes = bytes + _bytes
  where space = _space and user_id = _owner and bytes + _bytes <= _quota;
  if not found then return; end if;
  return query insert into uploads (id, space, owner_id, name, type, bytes, sha256)
    values (_id, _space, _owner, _name, _type, _bytes, _sha256) returning *;
end $$;

create function drop_uploads(_ids uuid[]) returns void language sql as $$
  with dropped as (
    update uploads set deleted_at = clock_timestamp() where id = any(_ids) and deleted_at is null
    returning space, owner_id, bytes)
  update upload_totals t set bytes = t.bytes - d.bytes
  from (select space, owner_id, sum(bytes)::bigint as bytes from dropped group by space, owner_id) d
  where t.space = d.space and t.user_id = d.owner_id
$$;

create function drop_files_of(_no bigint, _seq bigint) returns void language sql as $$
  select drop_uploads(array(
    select id from uploads where conversation_no = _no and seq = _seq and deleted_at is null for update))
$$;

create function expire_uploads(_unsent_ms bigint, _limit integer) returns void language sql as $$
  select drop_uploads(array(
    select id from uploads
    where conversation_no is null and deleted_at is null
      and uploaded_at <= clock_timestamp() - _unsent_ms * interval '1 millisecond'
    order by uploaded_at limit _limit for update skip locked))
$$;

create function append_with_files(
  _files uuid[], _no bigint, _space text, _sender text, _author text, _client_id uuid, _kind text, _body text,
  _attachments text, _reply bigint, _permit text
) returns table (life text, at bigint, answers bigint[], heads bigint[]) language plpgsql as $$
declare
  claimed integer;
begin
  select * into life, at, answers, heads
  from append_one(_no, _space, _sender, _author, _client_id, _kind, _body, _attachments, _reply, _permit);
  if answers[1][2] = 0 then
    update uploads u set conversation_no = _no, seq = answers[1][3]
    where u.id = any(_files) and u.space = _space and u.owner_id = coalesce(_author, _sender)
      and u.conversation_no is null and u.deleted_at is null;
    get diagnostics claimed = row_count;
    if claimed <> cardinality(_files) then
      raise exception using errcode = 'UP001', message = 'a file is not there for this message';
    end if;
  end if;
  return next;
end $$;
`,
};
