import type { Migration } from './migration.ts';

export const reactions: Migration = {
  number: 13,
  name: 'reactions',
  olderNodes: 'survive',
  // A row says who gave which emoji, under the rev at which they did: the order of those who are named. What is read sits
  // in the message's own row, so that no page of history needs a join, and a change is one of the message as an edit is.
  // Whoever takes a reaction back may do so in a closed conversation too, as one may delete.
  sql: `
create table reactions (
  conversation_no bigint not null,
  seq bigint not null,
  emoji text collate "C" not null,
  user_id text collate "C" not null,
  rev bigint not null,
  primary key (conversation_no, seq, emoji, user_id)
);

-- The reactions of a message with one emoji counted anew: first come, first named; null when none is left.
create function recounted(_reactions jsonb, _emoji text, _change integer, _user_ids jsonb) returns jsonb language sql immutable as $$
  select jsonb_agg(e order by n) from (
    select case when e ->> 'emoji' <> _emoji then e else jsonb_build_object(
      'emoji', _emoji, 'count', (e ->> 'count')::integer + _change, 'userIds', _user_ids) end as e, n
    from jsonb_array_elements(coalesce(_reactions, '[]')
      || case when _reactions @> jsonb_build_array(jsonb_build_object('emoji', _emoji)) then '[]'
        else jsonb_build_array(jsonb_build_object('emoji', _emoji, 'count', 0)) end) with ordinality as given(e, n)) now
  where (e ->> 'count')::integer > 0
$$;

create function change_reaction(
  _space text, _user text, _no bigint, _seq bigint, _emoji text, _reacts boolean, _permit text,
  _emojis_max integer, _named_max integer
) returns table (outcome text, changed boolean, conversation json, message json) language plpgsql as $$
declare
  c conversations;
  m members;
  g messages;
  user_ids jsonb;
begin
  changed := false;
  select * into c from conversations where no = _no and space = _space for no key update;
  select * into m from members where conversation_no = c.no and user_id = _user;
  select * into g from messages where conversation_no = c.no and seq = _seq;
  outcome := case
    when m.user_id is null then 'not_found'
    when m.until_seq is not null then 'not_member'
    when g.seq is null or g.seq <= m.from_seq or g.deleted_at is not null then 'not_found'
    when not _reacts then 'ok'
    when c.status = 'closed' then 'closed'
    when m.muted_until > clock_timestamp() then 'muted'
    when _permit <> 'always' and c.peer_low is not null
      and not may_talk(_permit, _space, c.peer_low, c.peer_high, _user) then 'not_permitted'
    when jsonb_array_length(g.reactions) >= _emojis_max
      and not g.reactions @> jsonb_build_array(jsonb_build_object('emoji', _emoji)) then 'limit_reached'
    else 'ok' end;
  if outcome = 'ok' then
    if _reacts then
      insert into reactions values (_no, _seq, _emoji, _user, c.rev + 1) on conflict do nothing;
    else
      delete from reactions where conversation_no = _no and seq = _seq and emoji = _emoji and user_id = _user;
    end if;
    changed := found;
  end if;
  if changed then
    update conversations set rev = rev + 1, messages_rev = rev + 1 where no = _no returning * into c;
    select jsonb_agg(r.user_id order by r.rev) into user_ids from (
      select user_id, rev from reactions where conversation_no = _no and seq = _seq and emoji = _emoji
      order by rev limit _named_max) r;
    update messages set rev = c.rev, reactions = recounted(g.reactions, _emoji, case when _reacts then 1 else -1 end, user_ids)
    where conversation_no = _no and seq = _seq returning * into g;
    perform note_move(_no, null);
  end if;
  if outcome = 'ok' then
    conversation := to_json(c);
    message := to_json(g);
  end if;
  return next;
end $$;
`,
};
