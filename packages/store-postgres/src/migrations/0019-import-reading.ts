/** The functions that store who was in a conversation and how far they were; `importing` says what holds for all. */
export const importReading = `
create function import_members(_space text, _no bigint, _lines jsonb, _members_max integer, _small_max integer)
returns table (n bigint, reason text) language plpgsql as $$
#variable_conflict use_column
declare
  c conversations;
  m members;
  l record;
  ranges int8multirange;
  fresh text[] := '{}';
  leavers integer := 0;
  advanced boolean := false;
begin
  select * into c from conversations where no = _no for no key update;
  for l in select * from jsonb_to_recordset(_lines) as x(n bigint, "userId" text, role text, after text, "left" boolean,
    until text, read text, "readBeyond" jsonb, delivered text, "receiptAt" timestamptz(3), "mutedUntil" timestamptz(3)) order by x.n
  loop
    n := l.n;
    select * into m from members where conversation_no = _no and user_id = l."userId";
    reason := case
      when c.kind = 'announcement' then 'everybody reads announcements: a line "read" says how far a user is'
      when c.kind <> 'group' and m.user_id is null then 'its user is not in the conversation'
      when m.user_id is null and c.member_count + cardinality(fresh) - leavers >= _members_max then 'the conversation is full'
      else coalesce(
        case when c.kind = 'group' then no_such_user(_space, array[l."userId"]) end,
        no_such_message(_space, _no, array[l.after, l.until, l.read, l.delivered]
          || array(select r ->> e from jsonb_array_elements(l."readBeyond") r, unnest(array['first', 'last']) e))) end;
    if reason is not null then
      return next;
      continue;
    end if;
    if m.user_id is null then
      insert into members (conversation_no, user_id, space, role, from_seq, until_seq, muted_until, read_seq,
        delivered_seq, receipt_at, rev)
      select _no, l."userId", _space, coalesce(l.role, 'member'), s.from_seq,
        case when l."left" then coalesce(imported_seq(_space, _no, l.until), s.from_seq) end,
        l."mutedUntil", 0, 0, coalesce(l."receiptAt", c.created_at), c.rev + 1
      from (select coalesce(imported_seq(_space, _no, l.after), 0) as from_seq) s
      returning * into m;
      fresh := fresh || l."userId";
      leavers := leavers + case when l."left" then 1 else 0 end;
    end if;
    ranges := (select range_agg(int8range(imported_seq(_space, _no, r ->> 'first'), imported_seq(_space, _no, r ->> 'last') + 1))
      from jsonb_array_elements(l."readBeyond") r);
    if advance_member(m, coalesce(imported_seq(_space, _no, l.read), 0), coalesce(ranges, '{}'),
      coalesce(imported_seq(_space, _no, l.delivered), 0), l."receiptAt", l."mutedUntil",
      case when c.member_count <= _small_max then c.rev + 1 end) then
      advanced := true;
    end if;
  end loop;
  perform note_imported(c, fresh, leavers, advanced, _small_max);
end $$;

-- Raises what a member has read and received. Answers whether it rose.
create function advance_member(
  m members, _read bigint, _beyond int8multirange, _delivered bigint, _at timestamptz(3), _muted timestamptz(3), _rev bigint
) returns boolean language plpgsql as $$
declare
  reached bigint := greatest(m.read_seq, _read);
  beyond int8multirange := (m.read_beyond + _beyond) * int8multirange(int8range(reached + 1, null));
begin
  reached := joined_seq(beyond, reached);
  beyond := beyond * int8multirange(int8range(reached + 1, null));
  update members set read_seq = reached, read_beyond = beyond, delivered_seq = greatest(delivered_seq, _delivered, reached),
    receipt_at = greatest(receipt_at, _at), muted_until = greatest(muted_until, _muted), receipt_rev = coalesce(_rev, receipt_rev)
  where conversation_no = m.conversation_no and user_id = m.user_id and (read_seq < reached or read_beyond <> beyond
    or delivered_seq < greatest(_delivered, reached) or receipt_at < _at or muted_until is distinct from greatest(muted_until, _muted));
  return found;
end $$;

create function note_imported(c conversations, _fresh text[], _leavers integer, _advanced boolean, _small_max integer)
returns void language plpgsql as $$
begin
  if not _advanced and _fresh = '{}' then return; end if;
  update conversations set rev = rev + 1,
    members_rev = case when _fresh = '{}' then members_rev else rev + 1 end,
    membership_version = membership_version + case when _fresh = '{}' then 0 else 1 end,
    member_count = member_count + cardinality(_fresh) - _leavers,
    receipts_rev = case when _advanced and member_count <= _small_max then rev + 1 else receipts_rev end
  where no = c.no;
  perform note_move(c.no, nullif(_fresh, '{}'));
end $$;

create function import_reads(_space text, _no bigint, _lines jsonb, _small_max integer)
returns table (n bigint, reason text) language plpgsql as $$
#variable_conflict use_column
declare
  c conversations;
  m members;
  l record;
  reached bigint;
  advanced boolean := false;
begin
  select * into c from conversations where no = _no for no key update;
  for l in select * from jsonb_to_recordset(_lines) as x(n bigint, "userId" text, "upTo" text, message text, at timestamptz(3))
    order by x.n
  loop
    n := l.n;
    select * into m from members where conversation_no = _no and user_id = l."userId";
    reason := coalesce(no_such_user(_space, array[nullif(l."userId", 'agents')]),
      case when c.kind = 'announcement' and l.message is not null then 'announcements are read up to a message'
        when c.kind <> 'announcement' and m.user_id is null then 'its user is not in the conversation' end,
      no_such_message(_space, _no, array[l."upTo", l.message]));
    if reason is not null then
      return next;
      continue;
    end if;
    reached := imported_seq(_space, _no, coalesce(l."upTo", l.message));
    if c.kind = 'announcement' then
      insert into announcement_reads as r (conversation_no, user_id, read_seq, at) values (_no, l."userId", reached, l.at)
      on conflict (conversation_no, user_id) do update set read_seq = excluded.read_seq, at = excluded.at
      where r.read_seq < excluded.read_seq;
      continue;
    end if;
    insert into reads (conversation_no, user_id, seq, at, single)
    values (_no, l."userId", reached, l.at, l.message is not null) on conflict do nothing;
    if advance_member(m, case when l.message is null then reached else 0 end,
      case when l.message is null then '{}' else int8multirange(int8range(reached, reached + 1)) end, 0, l.at, null,
      case when c.member_count <= _small_max then c.rev + 1 end) then
      advanced := true;
    end if;
  end loop;
  perform note_imported(c, '{}', 0, advanced, _small_max);
end $$;

-- Stores all of these lines or, when one is refused or they are not to be kept, none. Answers those that are refused.
create function import_lines(
  _space text, _keep boolean, _users jsonb, _links jsonb, _conversations jsonb, _messages jsonb, _members jsonb,
  _reads jsonb, _members_max integer, _small_max integer
) returns table (n bigint, reason text) language plpgsql as $$
#variable_conflict use_column
declare
  refused jsonb := '[]';
  g record;
begin
  perform pg_advisory_xact_lock(hashtextextended('parley.import.' || _space, 0));
  if jsonb_path_exists(_conversations, '$[*].ownNo') then
    perform pg_advisory_xact_lock(numbers_lock(_space));
  end if;
  begin
    perform import_users(_space, _users);
    refused := refused || coalesce((select jsonb_agg(r) from import_links(_space, _links) r), '[]');
    refused := refused || coalesce((select jsonb_agg(r) from import_conversations(_space, _conversations) r), '[]');
    for g in
      select x.part, x."conversationId" as id, x.lines, i.conversation_no as no
      from (select 1 as part, * from jsonb_to_recordset(_messages) as a("conversationId" text, lines jsonb)
        union all select 2, * from jsonb_to_recordset(_members) as b("conversationId" text, lines jsonb)
        union all select 3, * from jsonb_to_recordset(_reads) as d("conversationId" text, lines jsonb)) x
        left join imported_conversations i on i.space = _space and i.id = x."conversationId"
      order by i.conversation_no, x.part
    loop
      if g.no is null then
        refused := refused || (select jsonb_agg(jsonb_build_object('n', l -> 'n', 'reason',
          'there is no conversation ' || to_json(g.id) || ' before this line')) from jsonb_array_elements(g.lines) l);
      elsif g.part = 1 then
        refused := refused || coalesce((select jsonb_agg(r) from import_messages(_space, g.no, g.lines) r), '[]');
      elsif g.part = 2 then
        refused := refused || coalesce(
          (select jsonb_agg(r) from import_members(_space, g.no, g.lines, _members_max, _small_max) r), '[]');
      else
        refused := refused || coalesce((select jsonb_agg(r) from import_reads(_space, g.no, g.lines, _small_max) r), '[]');
      end if;
    end loop;
    if refused <> '[]' or not _keep then raise exception 'taken back' using errcode = 'PM001'; end if;
  exception when sqlstate 'PM001' then
    null;
  end;
  return query select (r ->> 'n')::bigint, r ->> 'reason' from jsonb_array_elements(refused) r;
end $$;
`;
