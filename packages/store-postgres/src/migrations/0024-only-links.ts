import type { Migration } from './migration.ts';

export const onlyLinks: Migration = {
  number: 24,
  name: 'only links',
  olderNodes: 'survive',
  // Answers the link first, and then those that it cancelled. Older nodes read the first row.
  sql: `
create or replace function put_link(_space text, _user_a text, _user_b text, _kind text, _status text, _only boolean)
returns setof links language plpgsql as $$
declare
  one text collate "C" := least(_user_a collate "C", _user_b collate "C");
  other text collate "C" := greatest(_user_a collate "C", _user_b collate "C");
  l links;
  others links[] := '{}';
begin
  insert into users (space, user_id) values (_space, one), (_space, other) on conflict do nothing;
  if _only then
    perform from users where space = _space and user_id = _user_a for no key update;
    others := array(
      select k from links k where space = _space and kind = _kind and _user_a in (low, high) and user_a = _user_a
        and status = 'confirmed' and (low, high) <> (one, other)
      order by low, high for update);
    update links k set status = 'cancelled', updated_at = clock_timestamp() from unnest(others) o
    where k.space = _space and k.kind = _kind and k.low = o.low and k.high = o.high;
  end if;
  insert into links as k (space, low, high, kind, status, user_a, updated_at)
  values (_space, one, other, _kind, _status, _user_a, clock_timestamp())
  on conflict (space, low, kind, high) do update
    set status = excluded.status, user_a = excluded.user_a, updated_at = excluded.updated_at
  returning k.* into l;
  perform from conversations c join unnest(others || l) o on c.peer_low = o.low and c.peer_high = o.high
  where c.space = _space and c.kind = 'direct' order by c.no for no key update of c;
  return next l;
  return query select k.* from links k join unnest(others) o on k.low = o.low and k.high = o.high
    where k.space = _space and k.kind = _kind order by k.low, k.high;
end $$;
`,
};
