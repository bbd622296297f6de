import type { Migration } from './migration.ts';

export const moderation: Migration = {
  number: 12,
  name: 'moderation',
  olderNodes: 'survive',
  // As every writer does, both lock the conversation first: what is closed, and who is muted, is decided for every message
  // that comes after. _admin is an admin of the space, who needs no membership, and whose changes are written down; the
  // other staff manage a support thread as `agents`.
  sql: `
create function update_conversation(
  _space text, _by text, _admin boolean, _no bigint, _title text, _status text
) returns table (outcome text, changed boolean, conversation json) language plpgsql as $$
declare
  c conversations;
  actor members;
  manages boolean;
begin
  changed := false;
  select * into c from conversations where no = _no and space = _space for no key update;
  select * into actor from members where conversation_no = c.no and user_id = _by;
  manages := _admin or _by = 'agents' or (c.kind <> 'direct' and actor.role in ('owner', 'admin'));
  outcome := case
    when c.no is null or (actor.user_id is null and not _admin) then 'not_found'
    when actor.until_seq is not null and not _admin then 'not_member'
    when _title is not null and (c.kind <> 'group' or not manages) then 'forbidden'
    when _status <> c.status and not manages and (c.kind <> 'direct' or 'closed' in (_status, c.status)) then 'forbidden'
    else 'ok' end;
  if outcome = 'ok' and (_title <> coalesce(c.title, '') or _status <> c.status) then
    changed := true;
    update conversations set rev = rev + 1, facts_rev = rev + 1, title = coalesce(_title, title),
      status = coalesce(_status, status)
    where no = _no returning * into c;
    perform note_move(_no, null);
    if _admin then
      perform note_deed(_space, _by, 'conversation.update', null, _no, null,
        json_build_object('title', _title, 'status', _status));
    end if;
  end if;
  if outcome = 'ok' then conversation := to_json(c); end if;
  return next;
end $$;

create function update_member(
  _space text, _by text, _admin boolean, _no bigint, _user text, _role text, _muted_until timestamptz
) returns table (outcome text, changed boolean, conversation json, member json) language plpgsql as $$
declare
  c conversations;
  actor members;
  m members;
  owns boolean;
  muted timestamptz(3) := case when _muted_until > clock_timestamp() then _muted_until end;
begin
  changed := false;
  select * into c from conversations where no = _no and space = _space for no key update;
  select * into actor from members where conversation_no = c.no and user_id = _by;
  select * into m from members where conversation_no = c.no and user_id = _user;
  owns := _admin or _by = 'agents' or actor.role = 'owner';
  outcome := case
    when c.no is null or (actor.user_id is null and not _admin) then 'not_found'
    when actor.until_seq is not null and not _admin then 'not_member'
    when m.user_id is null or m.until_seq is not null then 'not_found'
    when (_role is not null and (c.kind <> 'group' or not owns)) or _user = 'agents' then 'forbidden'
    when _muted_until is not null and not owns and not (actor.role = 'admin' and m.role = 'member') then 'forbidden'
    when _role <> 'owner' and m.role = 'owner' and not exists (
      select from members o where o.conversation_no = _no and o.role = 'owner' and o.until_seq is null
        and o.user_id <> _user) then 'forbidden'
    else 'ok' end;
  if outcome = 'ok' and (_role <> m.role or (_muted_until is not null and muted is distinct from m.muted_until)) then
    changed := true;
    update conversations set rev = rev + 1, members_rev = rev + 1 where no = _no returning * into c;
    update members set rev = c.rev, role = coalesce(_role, role),
      muted_until = case when _muted_until is null then muted_until else muted end
    where conversation_no = _no and user_id = _user returning * into m;
    perform note_move(_no, null);
    if _admin then
      perform note_deed(_space, _by, 'member.update', _user, _no, null,
        json_build_object('role', _role, 'until', _muted_until));
    end if;
  end if;
  if outcome = 'ok' then
    conversation := to_json(c);
    member := to_json(m);
  end if;
  return next;
end $$;
`,
};
