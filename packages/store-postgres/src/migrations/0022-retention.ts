import type { Migration } from './migration.ts';

export const retention: Migration = {
  number: 22,
  name: 'retention',
  olderNodes: 'survive',
  // Whoever holds the lock walks over all conversations, in rounds of one short transaction each; retention_state says how
  // far the walk came, so that any node goes on with it. What goes is always the beginning of a conversation, under its
  // lock, as every change of one: first_seq moves with it, and what remains is dense. Of a conversation that somebody
  // holds, the next walk finds the beginning.
  //
  // What a message leaves goes with it: its files, reactions and versions, what the search knows of it, and when it was
  // read. Under which id it was brought in stays, so that it is not brought in again. Reports keep the copy that they took.
  sql: `
create table retention_state (
  one boolean primary key default true check (one),
  walked_no bigint not null default 0,
  walked_at timestamptz(3) not null default '-infinity'
);
insert into retention_state default values;

-- Drops the messages at the beginning of a conversation that were stored before a time. Answers how many.
create function drop_beginning(_no bigint, _before timestamptz, _rows_max integer) returns integer language plpgsql as $$
declare
  first bigint;
  reached bigint;
begin
  select first_seq into first from conversations where no = _no for no key update skip locked;
  select max(seq) into reached from (
    select seq, bool_and(created_at < _before) over (order by seq) as old from (
      select seq, created_at from messages where conversation_no = _no and seq >= first order by seq limit _rows_max
    ) g) judged
  where old;
  if reached is null then return 0; end if;
  delete from messages where conversation_no = _no and seq <= reached;
  delete from reactions where conversation_no = _no and seq <= reached;
  delete from message_versions where conversation_no = _no and seq <= reached;
  delete from search_texts where conversation_no = _no and seq <= reached;
  delete from reads r using members m
  where m.conversation_no = _no and r.conversation_no = _no and r.user_id = m.user_id and r.seq <= reached;
  perform drop_uploads(array(
    select id from uploads where conversation_no = _no and seq <= reached and deleted_at is null order by id for update));
  delete from uploads where conversation_no = _no and seq <= reached and not kept;
  -- Nothing carries them: they are forgotten once their bytes are gone.
  update uploads set conversation_no = null, seq = null where conversation_no = _no and seq <= reached;
  update conversations set first_seq = reached + 1 where no = _no;
  return reached - first + 1;
end $$;

-- One round. more: the walk has not ended. spaces and dropped: how many messages of which space, for each conversation.
create function drop_old_messages(
  _spaces text[], _days integer[], _every_ms bigint, _conversations_max integer, _rows_max integer
) returns table (more boolean, spaces text[], dropped integer[]) language plpgsql as $$
declare
  s retention_state;
  c record;
  seen integer := 0;
  spent integer := 0;
  gone integer;
begin
  more := false;
  spaces := '{}';
  dropped := '{}';
  if not pg_try_advisory_xact_lock(hashtextextended('parley.drop_old_messages', 0)) then return next; return; end if;
  select * into s from retention_state;
  if s.walked_no = 0 and s.walked_at > clock_timestamp() - _every_ms * interval '1 millisecond' then return next; return; end if;
  -- What is being indexed was read before it was dropped, and would be stored after it.
  perform pg_advisory_xact_lock(hashtextextended('parley.index_search', 0));
  for c in
    select k.no, k.space, clock_timestamp() - d.days * interval '24 hours' as before, g.created_at
    from (select no, space, first_seq from conversations where no > s.walked_no order by no limit _conversations_max) k
      left join unnest(_spaces, _days) d(space, days) on d.space = k.space
      left join messages g on d.days is not null and g.conversation_no = k.no and g.seq = k.first_seq
    order by k.no
  loop
    seen := seen + 1;
    if c.created_at < c.before then
      gone := drop_beginning(c.no, c.before, _rows_max - spent);
      if gone > 0 then
        spent := spent + gone;
        spaces := spaces || c.space;
        dropped := dropped || gone;
      end if;
      more := spent >= _rows_max;
      exit when more;
    end if;
    s.walked_no := c.no;
  end loop;
  more := more or seen = _conversations_max;
  update retention_state set
    walked_no = case when more then s.walked_no else 0 end,
    walked_at = case when more then walked_at else clock_timestamp() end;
  return next;
end $$;
`,
};
