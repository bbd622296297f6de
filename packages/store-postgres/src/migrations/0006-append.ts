import type { Migration } from './migration.ts';

export const append: Migration = {
  number: 6,
  name: 'append',
  olderNodes: 'survive',
  // Why functions: READ COMMITTED takes one snapshot for each statement, and takes it before it waits for a lock. So the
  // conversations are locked in a statement of their own, and what decides (duplicates, membership, the head) is read by
  // later ones, which see all that the former holders of the locks committed. A function does that in one round trip,
  // and no node that stalls between two statements can hold a lock.
  //
  // Locks are taken in the order of the numbers, so that two batches never wait for each other in a circle.
  // Alternatives and their numbers: infra/decisions/functions-in-the-database.md. append_one is append_many for one row
  // at two thirds of its cost.
  //
  // Attachments and authors are rare: arrays of their own, most often null, cost nothing; one more column of unnest() cost
  // 5 %.
  //
  // Outcomes: 0 stored, 1 duplicate, 2 conflict, 3 not found, 4 no longer a member, 5 nothing there to reply to, 6 held, 7 not permitted to talk, 8 closed, 9 muted.
  sql: `
create function append_outcome(
  _conversation_space text, _space text, _found_seq bigint, _found_hash bytea, _hash bytea, _member text,
  _from_seq bigint, _until_seq bigint, _first_seq bigint, _last_seq bigint, _reply_to_seq bigint,
  _reply_deleted boolean, _closed boolean, _muted boolean, _permitted boolean
) returns integer language sql immutable as $$
  select case
    when _conversation_space is distinct from _space then 3
    when _found_seq is not null then case when _found_hash = _hash then 1 else 2 end
    when _member is null then 3
    when _until_seq is not null then 4
    when _closed then 8
    when _muted then 9
    when not _permitted then 7
    when _reply_to_seq is not null and (_reply_deleted
      or not (_reply_to_seq > _from_seq and _reply_to_seq >= _first_seq and _reply_to_seq <= _last_seq)) then 5
    else 0 end
$$;

create function append_many(
  _wait boolean, _nos bigint[], _spaces text[], _senders text[], _authors text[], _client_ids uuid[], _kinds text[], _bodies text[],
  _attachments text[], _replies bigint[], _permits text[]
) returns table (life text, at bigint, answers bigint[], heads bigint[]) language plpgsql as $$
#variable_conflict use_column
declare
  stamp timestamptz(3);
  locked bigint[];
  replies_deleted bigint[];
begin
  if _wait then
    perform from conversations c where c.no = any(_nos) order by c.no for no key update;
  else
    select array_agg(l.no) into locked from (
      select c.no from conversations c where c.no = any(_nos) order by c.no for no key update skip locked) l;
  end if;
  -- Few batches carry a reply: a join for it in the statement below would be paid for by all.
  if array_remove(_replies, null) <> '{}' then
    select array_agg(u.n) into replies_deleted
    from unnest(_nos, _replies) with ordinality as u(no, reply, n)
      join messages g on g.conversation_no = u.no and g.seq = u.reply
    where g.deleted_at is not null;
  end if;
  stamp := clock_timestamp();
  return query
  with judged as (
    select i.*, c.last_seq, c.rev, c.membership_version, c.member_count, d.seq as found_seq, d.created_at as found_at,
      case when not _wait and c.no is not null and (i.no = any(locked)) is not true then 6 else append_outcome(
        c.space, i.space, d.seq, d.content_hash, i.hash, m.user_id, m.from_seq, m.until_seq, c.first_seq, c.last_seq,
        i.reply, i.n = any(replies_deleted), c.status = 'closed' and i.kind <> 'system', m.muted_until > stamp, i.permit = 'always' or c.peer_low is null or may_talk(i.permit, i.space, c.peer_low, c.peer_high, i.sender)
        ) end as outcome
    from (
        select u.*, case when u.client_id is not null then content_hash(u.kind, u.reply, _attachments[u.n::int], u.body) end as hash
        from unnest(_nos, _spaces, _senders, _client_ids, _kinds, _bodies, _replies, _permits)
          with ordinality as u(no, space, sender, client_id, kind, body, reply, permit, n)) i
      left join conversations c on c.no = i.no
      left join members m on m.conversation_no = i.no and m.user_id = i.sender
      left join messages d on d.conversation_no = i.no and d.sender_id = i.sender and d.client_id = i.client_id
        and d.author_id is not distinct from _authors[i.n::int]),
  numbered as materialized (
    select j.*, j.last_seq + count(*) filter (where j.outcome = 0)
      over (partition by j.no order by j.n rows unbounded preceding) as seq
    from judged j),
  stored as (
    insert into messages (
      conversation_no, seq, sender_id, author_id, client_id, content_hash, kind, body, attachments, reply_to_seq, created_at)
    select n.no, n.seq, n.sender, _authors[n.n::int], n.client_id, n.hash, n.kind, n.body, _attachments[n.n::int]::json,
      n.reply, stamp from numbered n
    where n.outcome = 0),
  reached as materialized (
    select n.no, max(n.seq) as last_seq, min(n.last_seq) as before_seq, min(n.rev) as rev,
      min(n.membership_version) as version, min(n.member_count) as members
    from numbered n where n.outcome in (0, 1) group by n.no),
  bumped as (
    update conversations c set last_seq = r.last_seq, last_at = clock_timestamp()
    from reached r where c.no = r.no and r.last_seq > r.before_seq),
  moved as (
    insert into moves (slot, xid, nos, seqs, revs, versions)
    select moves_slot(), pg_current_xact_id(), array_agg(r.no), array_agg(r.last_seq), array_agg(r.rev),
      array_agg(r.version)
    from reached r where r.last_seq > r.before_seq having count(*) > 0)
  select epoch_life(), (extract(epoch from stamp) * 1000)::bigint,
    (select array_agg(array[n.n, n.outcome, coalesce(n.found_seq, n.seq),
      (extract(epoch from n.found_at) * 1000)::bigint]) from numbered n),
    (select array_agg(array[r.no, r.last_seq, r.rev, r.version, r.members]) from reached r);
end $$;

create function append_one(
  _no bigint, _space text, _sender text, _author text, _client_id uuid, _kind text, _body text, _attachments text,
  _reply bigint, _permit text
) returns table (life text, at bigint, answers bigint[], heads bigint[]) language plpgsql as $$
#variable_conflict use_column
declare
  stamp timestamptz(3);
  c record;
  f record;
  hash bytea := case when _client_id is not null then content_hash(_kind, _reply, _attachments, _body) end;
  reply_deleted boolean;
  outcome integer;
begin
  select space, first_seq, last_seq, rev, membership_version, member_count, peer_low, peer_high, status into c
  from conversations where no = _no for no key update;
  select m.user_id, m.from_seq, m.until_seq, m.muted_until, d.seq, d.content_hash, d.created_at into f
  from (values (1)) one
    left join members m on m.conversation_no = _no and m.user_id = _sender
    left join messages d on d.conversation_no = _no and d.sender_id = _sender and d.client_id = _client_id
      and d.author_id is not distinct from _author;
  if _reply is not null then
    select deleted_at is not null into reply_deleted from messages where conversation_no = _no and seq = _reply;
  end if;
  stamp := clock_timestamp();
  outcome := append_outcome(
    c.space, _space, f.seq, f.content_hash, hash, f.user_id, f.from_seq, f.until_seq, c.first_seq, c.last_seq, _reply,
    reply_deleted, c.status = 'closed' and _kind <> 'system', f.muted_until > stamp,
    _permit = 'always' or c.peer_low is null or may_talk(_permit, _space, c.peer_low, c.peer_high, _sender));
  if outcome = 0 then
    c.last_seq := c.last_seq + 1;
    with stored as (
      insert into messages (
        conversation_no, seq, sender_id, author_id, client_id, content_hash, kind, body, attachments, reply_to_seq,
        created_at)
      values (_no, c.last_seq, _sender, _author, _client_id, hash, _kind, _body, _attachments::json, _reply, stamp)),
    bumped as (
      update conversations set last_seq = c.last_seq, last_at = clock_timestamp() where no = _no)
    insert into moves (slot, xid, nos, seqs, revs, versions) values (
      moves_slot(), pg_current_xact_id(), array[_no], array[c.last_seq], array[c.rev], array[c.membership_version]);
  end if;
  return query select epoch_life(), (extract(epoch from stamp) * 1000)::bigint,
    array[array[1, outcome, coalesce(f.seq, c.last_seq), (extract(epoch from f.created_at) * 1000)::bigint]],
    case when outcome < 2 then
      array[array[_no, c.last_seq, c.rev, c.membership_version, c.member_count]] end;
end $$;
`,
};
