import type { Migration } from './migration.ts';

export const links: Migration = {
  number: 10,
  name: 'links',
  olderNodes: 'survive',
  // One row for each pair and kind: the pair stands in the order of its ids, and user_a keeps who was named first.
  //
  // A writer of links locks the link, then the pair's conversation; only then has it waited for every message that saw the
  // link as it was. Who makes the conversation locks the link as well (open_direct), so that none comes into being
  // between the two steps. A message locks its conversation and reads links without a lock: no circle.
  // Who puts a user's only link takes the user's row first, so that of two who do it at one moment the later one sees the
  // other's link, and then the links in the order of their pairs.
  sql: `
create table links (
  space text collate "C" not null,
  low text collate "C" not null,
  high text collate "C" not null,
  kind text not null,
  status text not null,
  user_a text collate "C" not null,
  updated_at timestamptz(3) not null,
  primary key (space, low, kind, high)
);
create index links_high on links (space, high, kind, low);

create function linked(_kind text, _space text, _low text, _high text) returns boolean language sql stable as $$
  select exists (
    select from links where space = _space and low = _low and high = _high and kind = _kind and status = 'confirmed')
$$;

create function hold_link(_kind text, _space text, _low text, _high text) returns boolean language plpgsql as $$
begin
  perform from links where space = _space and low = _low and high = _high and kind = _kind and status = 'confirmed'
    for share;
  return found;
end $$;

-- Whether a user may say something new to the other one of a direct conversation; 'always' is not asked.
create function may_talk(_permit text, _space text, _low text, _high text, _user text)
returns boolean language plpgsql stable as $$
begin
  -- A support thread: everybody may ask, and whoever is staff may answer.
  if _high = 'agents' then return true; end if;
  if _permit in ('assignment', 'booking') and linked(_permit, _space, _low, _high) then return true; end if;
  return _permit in ('assignment', 'admin') and exists (
    select from users where space = _space and user_id = case when _user = _low then _high else _low end
      and role = 'admin');
end $$;

create function put_link(_space text, _user_a text, _user_b text, _kind text, _status text, _only boolean)
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
end $$;

create function delete_links(_space text, _user_a text, _user_b text, _kind text)
returns setof links language plpgsql as $$
declare
  one text collate "C" := least(_user_a collate "C", _user_b collate "C");
  other text collate "C" := greatest(_user_a collate "C", _user_b collate "C");
begin
  perform from links where space = _space and low = one and high = other and kind = coalesce(_kind, kind)
    order by kind for update;
  return query delete from links where space = _space and low = one and high = other and kind = coalesce(_kind, kind)
    returning *;
  perform from conversations where space = _space and peer_low = one and peer_high = other and kind = 'direct'
    for no key update;
end $$;
`,
};
