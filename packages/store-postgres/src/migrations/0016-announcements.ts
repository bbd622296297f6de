import type { Migration } from './migration.ts';

export const announcements: Migration = {
  number: 16,
  name: 'announcements',
  olderNodes: 'survive',
  // A space has one conversation that everybody reads and its admins write, as the member `agents`. Nobody else has a row
  // in members: what somebody read is a row of its own from the first reading on, so that no reader can write, is
  // acquainted with all the others, or is asked for when something is told.
  // The row of `agents` is in no space, and so in no list.
  // Its member_count is 0, and its receipts take no rev: nobody hears of them.
  //
  // Unread counts from a user's creation on: what had been announced then is kept in their row, whoever makes it.
  // Alternative: to look for the last message before created_at, which costs what was announced since, at each counting.
  sql: `
create unique index conversations_announcement on conversations (space) where kind = 'announcement';

alter table users add column announced_seq bigint not null default 0;
create function begin_with_announcements() returns trigger language plpgsql as $$
begin
  new.announced_seq := coalesce(
    (select last_seq from conversations where space = new.space and kind = 'announcement'), 0);
  return new;
end $$;
create trigger users_begin before insert on users for each row execute function begin_with_announcements();

create table announcement_reads (
  conversation_no bigint not null,
  user_id text collate "C" not null,
  read_seq bigint not null,
  at timestamptz(3) not null,
  primary key (conversation_no, user_id)
) with (fillfactor = 80);

create view sights as
select conversation_no, user_id, space, from_seq, until_seq, read_seq, read_beyond, delivered_seq, rev from members
union all
select c.no, u.user_id, u.space, 0, null, s.seq, '{}', s.seq, 0
from users u
  join conversations c on c.space = u.space and c.kind = 'announcement'
  left join announcement_reads r on r.conversation_no = c.no and r.user_id = u.user_id,
  lateral (select greatest(u.announced_seq, r.read_seq) as seq) s;

create function open_announcement(_space text)
returns table (created boolean, conversation json) language plpgsql as $$
declare
  c conversations;
begin
  created := false;
  select * into c from conversations where space = _space and kind = 'announcement';
  if c.no is null then
    insert into conversations (space, kind, rev, members_rev, membership_version, created_at, last_at)
    values (_space, 'announcement', 1, 1, 1, clock_timestamp(), clock_timestamp())
    on conflict (space) where kind = 'announcement' do nothing returning * into c;
    if c.no is not null then
      created := true;
      insert into members (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
      values (c.no, 'agents', '', 'owner', 0, 0, 0, c.created_at, 1);
      perform note_move(c.no, null);
    else
      select * into c from conversations where space = _space and kind = 'announcement';
    end if;
  end if;
  conversation := to_json(c);
  return next;
end $$;

create function read_announcement(_user text, _seq bigint, _unread_max integer, c conversations)
returns table (outcome text, told boolean, read_seq bigint, unread integer, conversation json, member json)
language plpgsql as $$
#variable_conflict use_column
declare
  before bigint;
  reached bigint := least(_seq, c.last_seq);
begin
  told := false;
  conversation := to_json(c);
  select s.read_seq into before from sights s
  where s.space = c.space and s.user_id = _user and s.conversation_no = c.no;
  if before is null then
    outcome := 'not_found';
    return next;
    return;
  end if;
  if reached > before then
    insert into announcement_reads as r (conversation_no, user_id, read_seq, at)
    values (c.no, _user, reached, clock_timestamp())
    on conflict (conversation_no, user_id) do update
      set read_seq = greatest(r.read_seq, excluded.read_seq), at = excluded.at
    returning r.read_seq into before;
  end if;
  outcome := 'ok';
  read_seq := before;
  unread := unread_count(c.no, _user, before, c.last_seq, '{}', _unread_max);
  return next;
end $$;
`,
};
