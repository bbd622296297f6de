/**
 * The functions that store lines of a product that moves in; the schemas of the lines are those of the protocol's
 * `movedLines`, and `n` is the number of each in its file.
 *
 * A line that is there already changes nothing, so that a file may be read again from its beginning. Messages, members
 * and reads come grouped by their conversation, which is locked once for all of them, in the order of the numbers.
 * Nothing that happened here since is taken back: watermarks only rise, and a member who is here stays as they are.
 */
export const importing = `
create function no_such_user(_space text, _users text[]) returns text language sql stable as $$
  select 'there is no user ' || to_json(u) || ' before this line' from unnest(_users) u
  where not exists (select from users where space = _space and user_id = u) limit 1
$$;

create function imported_seq(_space text, _no bigint, _id text) returns bigint language sql stable as $$
  select seq from imported_messages where space = _space and id = _id and conversation_no = _no
$$;

create function no_such_message(_space text, _no bigint, _ids text[]) returns text language sql stable as $$
  select 'there is no message ' || to_json(i) || ' of its conversation before this line' from unnest(_ids) i
  where i is not null and imported_seq(_space, _no, i) is null limit 1
$$;

create function import_users(_space text, _lines jsonb) returns void language sql as $$
  insert into users as u (space, user_id, name, first_name, last_name, email, avatar_url, role, active, revoked_at,
    last_seen, created_at)
  select distinct on (l.id collate "C") _space, l.id, l.name, l."firstName", l."lastName", l.email, l."avatarUrl", l.role,
    coalesce(l.active, true), l."revokedAt", l."lastSeenAt", coalesce(l."createdAt", now())
  from jsonb_to_recordset(_lines) as l(n bigint, id text, name text, "firstName" text, "lastName" text, email text,
    "avatarUrl" text, role text, active boolean, "revokedAt" timestamptz(3), "lastSeenAt" timestamptz(3), "createdAt" timestamptz(3))
  order by l.id collate "C", l.n
  on conflict (space, user_id) do update set
    name = coalesce(u.name, excluded.name),
    first_name = coalesce(u.first_name, excluded.first_name),
    last_name = coalesce(u.last_name, excluded.last_name),
    email = coalesce(u.email, excluded.email),
    avatar_url = coalesce(u.avatar_url, excluded.avatar_url),
    role = coalesce(u.role, excluded.role),
    active = u.active and excluded.active,
    revoked_at = greatest(u.revoked_at, excluded.revoked_at),
    last_seen = greatest(u.last_seen, excluded.last_seen)
$$;

create function import_links(_space text, _lines jsonb) returns table (n bigint, reason text) language plpgsql as $$
#variable_conflict use_column
declare
  l record;
begin
  for l in select * from jsonb_to_recordset(_lines)
    as x(n bigint, "userA" text, "userB" text, kind text, status text, "updatedAt" timestamptz(3)) order by x.n
  loop
    n := l.n;
    reason := no_such_user(_space, array[l."userA", l."userB"]);
    if reason is not null then
      return next;
    else
      insert into links (space, low, high, kind, status, user_a, updated_at)
      values (_space, least(l."userA" collate "C", l."userB"), greatest(l."userA" collate "C", l."userB"), l.kind,
        l.status, l."userA", coalesce(l."updatedAt", now()))
      on conflict do nothing;
    end if;
  end loop;
end $$;

create function import_conversations(_space text, _lines jsonb) returns table (n bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
  l record;
  c conversations;
  low text collate "C";
  high text collate "C";
begin
  for l in select * from jsonb_to_recordset(_lines) as x(n bigint, id text, "ownNo" bigint, kind text, "userIds" text[],
    title text, status text, "createdAt" timestamptz(3)) order by x.n
  loop
    n := l.n;
    low := case when l.kind = 'direct' then least(l."userIds"[1] collate "C", l."userIds"[2]) else l."userIds"[1] end;
    high := case l.kind when 'direct' then greatest(l."userIds"[1] collate "C", l."userIds"[2]) when 'support' then 'agents' end;
    select k.* into c from imported_conversations i join conversations k on k.no = i.conversation_no
    where i.space = _space and i.id = l.id;
    if c.no is not null then
      if c.kind = l.kind and c.peer_low is not distinct from low and c.peer_high is not distinct from high then
        continue;
      end if;
      reason := 'another conversation was imported under its id';
    elsif exists (select from conversations k where k.no = l."ownNo" and k.space = _space
      and not exists (select from imported_conversations i where i.conversation_no = k.no)) then
      reason := 'its id is that of a conversation that began here';
    else
      reason := no_such_user(_space, l."userIds");
    end if;
    if reason is null then
      insert into conversations (space, kind, title, status, peer_low, peer_high, rev, members_rev, member_count,
        membership_version, created_at, last_at)
      values (_space, l.kind, l.title, coalesce(l.status, 'active'), low, high, 1, 1, case when low is null then 0 else 2 end,
        1, l."createdAt", l."createdAt")
      on conflict do nothing returning * into c;
      if c.no is null then
        reason := 'a conversation of this kind and these users began here, and its messages cannot come before those';
      end if;
    end if;
    if reason is not null then
      return next;
      continue;
    end if;
    insert into imported_conversations (space, id, conversation_no, own_no) values (_space, l.id, c.no, l."ownNo");
    insert into members (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
    select c.no, u, _space, 'member', 0, 0, 0, c.created_at, 1 from unnest(array[low, high]) u where u is not null
    union all
    select c.no, 'agents', '', 'owner', 0, 0, 0, c.created_at, 1 where c.kind = 'announcement';
    perform note_move(c.no, array_remove(array[low, high], null));
  end loop;
end $$;

create function import_messages(_space text, _no bigint, _lines jsonb) returns table (n bigint, reason text)
language plpgsql as $$
#variable_conflict use_column
declare
  c conversations;
  l record;
  own bigint;
  known bigint;
  latest timestamptz(3);
  head bigint;
  revs integer := 0;
  reply bigint;
  sender text;
  author text;
begin
  select * into c from conversations where no = _no for no key update;
  select own_no into own from imported_conversations where conversation_no = _no;
  select created_at into latest from messages where conversation_no = _no and seq = c.last_seq;
  head := c.last_seq;
  for l in select * from jsonb_to_recordset(_lines) as x(n bigint, id text, "ownNo" bigint, "senderId" text, kind text,
    body text, attachments text, "replyTo" text, "createdAt" timestamptz(3), "editedAt" timestamptz(3), "deletedAt" timestamptz(3),
    "clientId" uuid, versions jsonb, reactions jsonb, counted jsonb) order by x.n
  loop
    n := l.n;
    select conversation_no into known from imported_messages where space = _space and id = l.id;
    if known = _no then continue; end if;
    sender := l."senderId";
    author := null;
    if c.kind = 'announcement' or (c.kind = 'support' and sender <> c.peer_low) then
      author := nullif(sender, 'agents');
      sender := 'agents';
    end if;
    reply := case when l."replyTo" is not null then imported_seq(_space, _no, l."replyTo") end;
    reason := case
      when known is not null then 'a message of another conversation was imported under its id'
      when l."ownNo" <> own or (l."ownNo" is not null and own is null) then 'its id is one that Parley gives, in another conversation'
      when l."createdAt" < latest then 'it is older than the message before it in its conversation'
      when l."createdAt" > clock_timestamp() + interval '1 minute' then 'its time is yet to come'
      when l."replyTo" is not null and reply is null then no_such_message(_space, _no, array[l."replyTo"])
      when c.kind = 'direct' and l.kind <> 'system' and sender not in (c.peer_low, c.peer_high) then 'its sender is not in the conversation'
      when l."clientId" is not null and exists (select from messages g
        where g.conversation_no = _no and g.sender_id = sender and g.client_id = l."clientId"
          and g.author_id is not distinct from author) then 'its sender used this clientId before'
      else no_such_user(_space, array_remove(array[author, case when sender <> 'agents' then sender end], null)
        || array(select jsonb_array_elements_text(r -> 'userIds') from jsonb_array_elements(l.reactions) r)) end;
    if reason is not null then
      return next;
      continue;
    end if;
    head := head + 1;
    latest := l."createdAt";
    insert into messages (conversation_no, seq, sender_id, author_id, client_id, content_hash, kind, body, attachments,
      reactions, reply_to_seq, created_at, edited_at, deleted_at)
    values (_no, head, sender, author, l."clientId",
      case when l."clientId" is not null and l."deletedAt" is null
        then content_hash(l.kind, reply, l.attachments, coalesce(l.versions -> 0 ->> 'body', l.body)) end,
      l.kind, l.body, l.attachments::json, l.counted, reply, l."createdAt", l."editedAt", l."deletedAt");
    insert into imported_messages (conversation_no, seq, space, id) values (_no, head, _space, l.id);
    if l.reactions is not null then
      insert into reactions (conversation_no, seq, emoji, user_id, rev)
      select _no, head, r ->> 'emoji', u, i from jsonb_array_elements(l.reactions) r,
        jsonb_array_elements_text(r -> 'userIds') with ordinality as given(u, i);
      revs := greatest(revs, (select max(jsonb_array_length(r -> 'userIds')) from jsonb_array_elements(l.reactions) r));
    end if;
    if l.versions is not null then
      insert into message_versions (conversation_no, seq, rev, body, at)
      select _no, head, i - 1, v ->> 'body', (v ->> 'at')::timestamptz
      from jsonb_array_elements(l.versions || jsonb_build_array(jsonb_build_object('body', l.body, 'at', l."editedAt")))
        with ordinality as had(v, i);
      revs := greatest(revs, jsonb_array_length(l.versions));
    end if;
  end loop;
  if head > c.last_seq then
    -- What is done with reactions and versions from here on has a later rev than any that they came with.
    update conversations set last_seq = head, last_at = latest, rev = greatest(rev, revs) where no = _no;
    perform note_move(_no, null);
  end if;
end $$;
`;
