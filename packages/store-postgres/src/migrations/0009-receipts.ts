import type { Migration } from './migration.ts';

export const receipts: Migration = {
  number: 9,
  name: 'receipts',
  olderNodes: 'survive',
  // In a small conversation a receipt is a change: it locks the conversation and takes the next rev. In a large one it is
  // stored only, and must not lock: 2,000 members reading one message would hold back its next sender. Such a write is
  // void when the member's receipt_rev is not what was read, because then the conversation has just become small.
  sql: `
create function unread_count(_no bigint, _user text, _after_seq bigint, _upto_seq bigint, _beyond int8multirange, _max integer)
returns integer language sql stable as $$
  select count(*)::integer from (
    select from messages where conversation_no = _no and seq > _after_seq and seq <= _upto_seq
      and sender_id <> _user and author_id is distinct from _user and deleted_at is null and kind <> 'system'
      and not seq <@ _beyond
    limit _max) counted
$$;

-- Where a watermark comes to, when a range begins right after it.
create function joined_seq(_beyond int8multirange, _seq bigint) returns bigint language sql immutable as $$
  select coalesce((select upper(r) - 1 from unnest(_beyond) r where lower(r) = _seq + 1), _seq)
$$;

create function mark_read(_space text, _user text, _no bigint, _seq bigint, _small_max integer, _unread_max integer)
returns table (outcome text, told boolean, read_seq bigint, unread integer, conversation json, member json)
language plpgsql as $$
#variable_conflict use_column
declare
  c conversations;
  m members;
  reached bigint;
  beyond int8multirange;
  stamp timestamptz(3);
begin
  told := false;
  loop
    select * into c from conversations where no = _no and space = _space;
    if c.kind = 'announcement' then
      return query select * from read_announcement(_user, _seq, _unread_max, c);
      return;
    end if;
    if c.member_count <= _small_max then
      select * into c from conversations where no = _no for no key update;
    end if;
    select * into m from members where conversation_no = c.no and user_id = _user;
    outcome := case when m.user_id is null then 'not_found' when m.until_seq is not null then 'not_member' else 'ok' end;
    reached := least(_seq, c.last_seq);
    exit when outcome <> 'ok' or reached <= m.read_seq;
    -- What was read one by one right after it joins it.
    beyond := m.read_beyond * int8multirange(int8range(reached + 1, null));
    reached := joined_seq(beyond, reached);
    beyond := beyond * int8multirange(int8range(reached + 1, null));
    told := c.member_count <= _small_max;
    stamp := clock_timestamp();
    update members set read_seq = reached, read_beyond = beyond, delivered_seq = greatest(delivered_seq, reached), receipt_at = stamp,
      receipt_rev = case when told then c.rev + 1 else receipt_rev end
    where conversation_no = _no and user_id = _user and until_seq is null and receipt_rev = m.receipt_rev
      and read_seq < reached and read_beyond = m.read_beyond
    returning * into m;
    -- Not found: removed, overtaken, or the conversation has become small, all since it was read. Look again.
    continue when not found;
    insert into reads (conversation_no, user_id, seq, at) values (_no, _user, reached, stamp) on conflict do nothing;
    if told then
      update conversations set rev = rev + 1, receipts_rev = rev + 1 where no = _no returning * into c;
      perform note_move(_no, null);
    end if;
    exit;
  end loop;
  if outcome = 'ok' then
    read_seq := m.read_seq;
    unread := case when c.last_seq <= m.read_seq then 0
      else unread_count(_no, _user, greatest(m.read_seq, m.from_seq), c.last_seq, m.read_beyond, _unread_max) end;
    conversation := to_json(c);
    member := to_json(m);
  end if;
  return next;
end $$;

-- One message, whatever comes before it. Neighbours that nobody has to read (one's own, deleted, the server's) join its
-- range, as far as a look at 100 of them tells: so that reading backwards leaves one range and not one for each message.
-- It locks the conversation also when that is large: contracts that read one by one have two members.
create function mark_one_read(
  _space text, _user text, _no bigint, _seq bigint, _small_max integer, _ranges_max integer, _unread_max integer
) returns table (outcome text, told boolean, read_seq bigint, unread integer, conversation json, member json)
language plpgsql as $$
#variable_conflict use_column
declare
  c conversations;
  m members;
  g messages;
  low bigint;
  high bigint;
  reached bigint;
  beyond int8multirange;
  stamp timestamptz(3);
begin
  told := false;
  select * into c from conversations where no = _no and space = _space for no key update;
  select * into m from members where conversation_no = c.no and user_id = _user for no key update;
  select * into g from messages where conversation_no = c.no and seq = _seq;
  outcome := case
    when m.user_id is null then 'not_found'
    when m.until_seq is not null then 'not_member'
    when g.seq is null or g.seq <= m.from_seq or g.deleted_at is not null then 'not_found'
    when g.sender_id = _user then 'forbidden'
    else 'ok' end;
  if outcome = 'ok' and _seq > m.read_seq and not _seq <@ m.read_beyond then
    low := greatest(m.read_seq, _seq - 101);
    high := least(c.last_seq, _seq + 100) + 1;
    select coalesce(max(seq), low) into low from messages where conversation_no = _no and seq > low and seq < _seq
      and sender_id <> _user and deleted_at is null and kind <> 'system';
    select coalesce(min(seq), high) into high from messages where conversation_no = _no and seq > _seq and seq < high
      and sender_id <> _user and deleted_at is null and kind <> 'system';
    beyond := m.read_beyond + int8multirange(int8range(low + 1, high));
    reached := joined_seq(beyond, m.read_seq);
    beyond := beyond * int8multirange(int8range(reached + 1, null));
    if (select count(*) from unnest(beyond)) > _ranges_max then
      outcome := 'limit_reached';
    else
      told := c.member_count <= _small_max;
      stamp := clock_timestamp();
      if told then
        update conversations set rev = rev + 1, receipts_rev = rev + 1 where no = _no returning * into c;
      end if;
      update members set read_seq = reached, read_beyond = beyond, delivered_seq = greatest(delivered_seq, reached),
        receipt_at = stamp, receipt_rev = case when told then c.rev else receipt_rev end
      where conversation_no = _no and user_id = _user returning * into m;
      insert into reads (conversation_no, user_id, seq, at, single, rev)
      values (_no, _user, _seq, stamp, true, case when told then c.rev else 0 end);
      if told then perform note_move(_no, null); end if;
    end if;
  end if;
  if outcome = 'ok' then
    read_seq := m.read_seq;
    unread := unread_count(_no, _user, greatest(m.read_seq, m.from_seq), c.last_seq, m.read_beyond, _unread_max);
    conversation := to_json(c);
    member := to_json(m);
  end if;
  return next;
end $$;

create function mark_delivered(_spaces text[], _users text[], _nos bigint[], _seqs bigint[], _small_max integer)
returns table (rev bigint, member json, conversation json) language plpgsql as $$
#variable_conflict use_column
declare
  small bigint[] := array(
    select l.no from (
      select no from conversations where no = any(_nos) and member_count <= _small_max order by no for no key update) l);
  stamp timestamptz(3) := clock_timestamp();
begin
  perform from members m, (select distinct k.no, k.who from unnest(_nos, _users) k(no, who)) k
  where m.conversation_no = k.no and m.user_id = k.who order by m.conversation_no, m.user_id for no key update of m;
  return query
  with marks as (
    select k.no, k.who, max(k.seq) as seq
    from unnest(_spaces, _users, _nos, _seqs) k(space, who, no, seq) join conversations c on c.no = k.no and c.space = k.space
    group by k.no, k.who),
  ahead as materialized (
    select k.no, k.who, least(k.seq, c.last_seq) as seq, m.receipt_rev,
      case when k.no = any(small) then c.rev + row_number() over (partition by k.no order by k.who) end as rev
    from marks k join conversations c on c.no = k.no
      join members m on m.conversation_no = k.no and m.user_id = k.who and m.until_seq is null
    where least(k.seq, c.last_seq) > m.delivered_seq and (k.no = any(small) or c.member_count > _small_max)),
  marked as (
    update members m set delivered_seq = a.seq, receipt_at = stamp, receipt_rev = coalesce(a.rev, m.receipt_rev)
    from ahead a where m.conversation_no = a.no and m.user_id = a.who and m.receipt_rev = a.receipt_rev
    returning m.*),
  reached as materialized (select a.no, max(a.rev) as rev from ahead a where a.rev is not null group by a.no),
  bumped as (
    update conversations c set rev = r.rev, receipts_rev = r.rev from reached r where c.no = r.no returning c.*),
  moved as (
    insert into moves (slot, xid, nos, seqs, revs, versions)
    select moves_slot(), pg_current_xact_id(), array_agg(b.no), array_agg(b.last_seq), array_agg(b.rev),
      array_agg(b.membership_version)
    from bumped b having count(*) > 0)
  select m.receipt_rev, to_json(m), to_json(b) from marked m join bumped b on b.no = m.conversation_no
  order by b.no, m.receipt_rev;
end $$;
`,
};
