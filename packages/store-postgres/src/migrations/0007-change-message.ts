import type { Migration } from './migration.ts';

export const changeMessage: Migration = {
  number: 7,
  name: 'change-message',
  olderNodes: 'survive',
  // Edits and deletions share their checks: without a body it is a deletion. _admin is an admin of the space, who deletes
  // everybody's messages, which is written down. As every writer does, it locks the
  // conversation first, and answers rows as JSON, since one statement cannot see what a function in it has written.
  sql: `
create function change_message(
  _space text, _user text, _admin boolean, _no bigint, _seq bigint, _body text, _permit text, _author text)
returns table (outcome text, changed boolean, conversation json, message json) language plpgsql as $$
declare
  c conversations;
  m members;
  g messages;
  overrides boolean := _admin and _body is null;
  foreign_to_them boolean;
  before messages;
begin
  changed := false;
  select * into c from conversations where no = _no and space = _space for no key update;
  select * into m from members where conversation_no = c.no and user_id = _user;
  select * into g from messages where conversation_no = c.no and seq = _seq;
  foreign_to_them := g.sender_id <> _user or g.author_id is distinct from _author;
  before := g;
  outcome := case
    when g.seq is null or (m.user_id is null and not overrides) then 'not_found'
    when m.until_seq is not null and not overrides then 'not_member'
    when g.seq <= m.from_seq and not overrides then 'not_found'
    when foreign_to_them and not overrides then 'forbidden'
    when g.deleted_at is not null and _body is not null then 'not_found'
    when _body is not null and c.status = 'closed' then 'closed'
    when _body is not null and m.muted_until > clock_timestamp() then 'muted'
    when _body is not null and _permit <> 'always' and c.peer_low is not null
      and not may_talk(_permit, _space, c.peer_low, c.peer_high, _user) then 'not_permitted'
    else 'ok' end;
  if outcome = 'ok' and g.deleted_at is null and g.body is distinct from _body then
    changed := true;
    update conversations set rev = rev + 1, messages_rev = rev + 1 where no = _no returning * into c;
    update messages set
      rev = c.rev,
      body = coalesce(_body, ''),
      attachments = case when _body is not null then attachments end,
      reactions = case when _body is not null then reactions end,
      edited_at = case when _body is null then edited_at else clock_timestamp() end,
      deleted_at = case when _body is null then clock_timestamp() end
    where conversation_no = _no and seq = _seq returning * into g;
    if _body is null then
      delete from reactions r where r.conversation_no = _no and r.seq = _seq;
      delete from message_versions v where v.conversation_no = _no and v.seq = _seq;
      if before.attachments is not null then perform drop_files_of(_no, _seq); end if;
    else
      -- What was said first is kept with the first edit: a message that nobody edits costs nothing.
      insert into message_versions values (_no, _seq, 0, before.body, g.created_at) on conflict do nothing;
      insert into message_versions values (_no, _seq, c.rev, g.body, g.edited_at);
    end if;
    perform note_move(_no, null);
    if foreign_to_them then
      perform note_deed(_space, coalesce(_author, _user), 'message.delete', coalesce(g.author_id, g.sender_id), _no, _seq, null);
    end if;
  end if;
  if outcome = 'ok' then
    conversation := to_json(c);
    message := to_json(g);
  end if;
  return next;
end $$;
`,
};
