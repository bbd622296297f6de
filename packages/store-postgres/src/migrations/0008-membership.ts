import type { Migration } from './migration.ts';

export const membership: Migration = {
  number: 8,
  name: 'membership',
  olderNodes: 'survive',
  // A member has one row, and it holds the latest interval: who comes back starts a new one, and what they saw before is
  // theirs no longer on the server (infra/decisions/latest-interval.md). Their read watermark never goes back.
  //
  // Receipts are changes (they take a rev) in small conversations only. When a conversation shrinks to a small one, the
  // receipts that were stored without a rev get this one, so that from here on rev tells all.
  sql: `
create function open_direct(_space text, _user text, _peer text, _permit text)
returns table (outcome text, created boolean, conversation json) language plpgsql as $$
declare
  c conversations;
  low text collate "C" := least(_user collate "C", _peer collate "C");
  high text collate "C" := greatest(_user collate "C", _peer collate "C");
begin
  created := false;
  select * into c from conversations where space = _space and peer_low = low and peer_high = high and kind = 'direct';
  if c.no is null then
    if not exists (select from users u where u.space = _space and u.user_id = _peer) then
      outcome := 'not_found';
      return next;
      return;
    end if;
    -- The link stays locked until the conversation is there: a cancellation comes before it, or finds it.
    if _permit <> 'always' and not hold_link(_permit, _space, low, high) then
      outcome := 'not_permitted';
      return next;
      return;
    end if;
    -- Waits for another call that makes it at this moment; then the next statement sees what that one made.
    insert into conversations (space, kind, peer_low, peer_high, rev, members_rev, member_count, membership_version, created_at, last_at)
    values (_space, 'direct', low, high, 1, 1, 2, 1, clock_timestamp(), clock_timestamp())
    on conflict (space, peer_low, peer_high) where kind = 'direct' do nothing returning * into c;
    if c.no is not null then
      created := true;
      insert into members (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
      select c.no, p, _space, 'member', 0, 0, 0, c.created_at, 1 from unnest(array[low, high]) p;
      perform note_move(c.no, array[low, high]);
    else
      select * into c from conversations where space = _space and peer_low = low and peer_high = high and kind = 'direct';
    end if;
  end if;
  outcome := 'ok';
  conversation := to_json(c);
  return next;
end $$;

create function create_group(_space text, _owner text, _title text, _users text[])
returns table (outcome text, missing text[], conversation json, members json) language plpgsql as $$
#variable_conflict use_column
declare
  c conversations;
  everybody text[] := array(select distinct u collate "C" from unnest(_owner || _users) u order by 1);
begin
  missing := array(select u from unnest(everybody) u
    where u <> _owner and not exists (select from users x where x.space = _space and x.user_id = u));
  if cardinality(missing) > 0 then
    outcome := 'not_found';
    return next;
    return;
  end if;
  insert into conversations (space, kind, title, rev, members_rev, member_count, membership_version, created_at, last_at)
  values (_space, 'group', _title, 1, 1, cardinality(everybody), 1, clock_timestamp(), clock_timestamp())
  returning * into c;
  insert into members (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
  select c.no, u, _space, case when u = _owner then 'owner' else 'member' end, 0, 0, 0, c.created_at, 1
  from unnest(everybody) u;
  perform note_move(c.no, everybody);
  outcome := 'ok';
  conversation := to_json(c);
  members := (select json_agg(m order by m.user_id) from members m where m.conversation_no = c.no);
  return next;
end $$;

create function add_members(
  _space text, _by text, _no bigint, _users text[], _role text, _history text, _members_max integer
) returns table (outcome text, missing text[], conversation json, members json) language plpgsql as $$
#variable_conflict use_column
declare
  c conversations;
  actor members;
  fresh text[];
begin
  select * into c from conversations where no = _no and space = _space for no key update;
  select * into actor from members where conversation_no = c.no and user_id = _by;
  fresh := array(select distinct u collate "C" from unnest(_users) u where not exists (
    select from members m where m.conversation_no = c.no and m.user_id = u and m.until_seq is null) order by 1);
  missing := array(select u from unnest(fresh) u
    where not exists (select from users x where x.space = _space and x.user_id = u));
  outcome := case
    when actor.user_id is null then 'not_found'
    when actor.until_seq is not null then 'not_member'
    when c.kind <> 'group' or actor.role = 'member' or (_role = 'owner' and actor.role <> 'owner') then 'forbidden'
    when cardinality(missing) > 0 then 'not_found'
    when c.member_count + cardinality(fresh) > _members_max then 'limit_reached'
    else 'ok' end;
  if outcome = 'ok' and cardinality(fresh) > 0 then
    update conversations set rev = rev + 1, members_rev = rev + 1, membership_version = membership_version + 1,
      member_count = member_count + cardinality(fresh)
    where no = _no returning * into c;
    insert into members as m
      (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
    select _no, u, _space, _role, s.seq, s.seq, s.seq, clock_timestamp(), c.rev
    from unnest(fresh) u, (select case when _history = 'all' then 0 else c.last_seq end as seq) s
    on conflict (conversation_no, user_id) do update set role = excluded.role, from_seq = excluded.from_seq,
      until_seq = null, read_seq = greatest(m.read_seq, excluded.read_seq),
      delivered_seq = greatest(m.delivered_seq, excluded.delivered_seq), rev = excluded.rev;
    perform note_move(_no, fresh);
  end if;
  if outcome = 'ok' then
    conversation := to_json(c);
    members := (select json_agg(m order by m.user_id) from members m where m.conversation_no = _no and m.user_id = any(fresh));
  end if;
  return next;
end $$;

create function remove_member(_space text, _by text, _no bigint, _user text, _small_max integer)
returns table (outcome text, conversation json, member json) language plpgsql as $$
declare
  c conversations;
  actor members;
  m members;
begin
  select * into c from conversations where no = _no and space = _space for no key update;
  select * into actor from members where conversation_no = c.no and user_id = _by;
  select * into m from members where conversation_no = c.no and user_id = _user;
  outcome := case
    when actor.user_id is null then 'not_found'
    when actor.until_seq is not null then 'not_member'
    when c.kind <> 'group' or (_by <> _user and actor.role = 'member') then 'forbidden'
    when m.user_id is null then 'not_found'
    when m.until_seq is null and m.role = 'owner' and c.member_count > 1 and not exists (
      select from members o where o.conversation_no = _no and o.role = 'owner' and o.until_seq is null
        and o.user_id <> _user) then 'forbidden'
    else 'ok' end;
  if outcome = 'ok' and m.until_seq is null then
    update conversations set rev = rev + 1, members_rev = rev + 1, membership_version = membership_version + 1,
      member_count = member_count - 1,
      receipts_rev = case when member_count - 1 = _small_max then rev + 1 else receipts_rev end
    where no = _no returning * into c;
    update members set until_seq = c.last_seq, rev = c.rev where conversation_no = _no and user_id = _user returning * into m;
    if c.member_count = _small_max then
      perform from members where conversation_no = _no and until_seq is null order by user_id for no key update;
      update members set receipt_rev = c.rev where conversation_no = _no and until_seq is null;
    end if;
    perform note_move(_no, array[_user]);
  end if;
  if outcome = 'ok' then
    conversation := to_json(c);
    member := to_json(m);
  end if;
  return next;
end $$;
`,
};
