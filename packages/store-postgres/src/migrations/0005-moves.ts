import type { Migration } from './migration.ts';

export const moves: Migration = {
  number: 5,
  name: 'moves',
  olderNodes: 'survive',
  // One row for each write batch. Readers ask by transaction id, and keep what their last snapshot did not see: exact in
  // commit order, where a sequence or a time would skip what was in flight.
  // Rows go to one of three slots by the clock (two minutes each), and the oldest slot is truncated before it is used
  // again: no vacuum, and nothing to delete. A clock that jumps only moves the moment of a truncation, because
  // moves_kept says up to which transaction rows are gone, and under which rotation: who read a later rotation has seen
  // all that was truncated before it.
  sql: `
create table moves (
  slot smallint not null,
  xid xid8 not null,
  nos bigint[] not null,
  seqs bigint[] not null,
  revs bigint[] not null,
  versions bigint[] not null,
  users text[]
) partition by list (slot);
create table moves_0 partition of moves for values in (0);
create table moves_1 partition of moves for values in (1);
create table moves_2 partition of moves for values in (2);
create index moves_xid on moves (xid);

create table moves_kept (
  one boolean primary key default true check (one),
  rotation bigint not null,
  slot smallint not null,
  gone_xid xid8 not null
);

create function moves_slot() returns smallint language sql volatile as $$
  select (extract(epoch from clock_timestamp())::bigint / 120 % 3)::smallint
$$;
insert into moves_kept (rotation, slot, gone_xid) values (0, moves_slot(), '0');

create function note_move(_no bigint, _users text[]) returns void language sql as $$
  insert into moves (slot, xid, nos, seqs, revs, versions, users)
  select moves_slot(), pg_current_xact_id(), array[no], array[last_seq], array[rev], array[membership_version], _users
  from conversations where no = _no
$$;

-- Empties the slot that comes next, once in each turn of the clock, by whoever asks first. The lock waits for writers
-- that still hold the slot; when that takes long it gives up, and the next caller tries again.
create function rotate_moves() returns boolean language plpgsql as $$
declare
  turn smallint := moves_slot();
  part text := 'moves_' || ((turn + 1) % 3);
  gone xid8;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('parley.rotate_moves', 0)) then return false; end if;
  if (select slot from moves_kept) = turn then return false; end if;
  set local lock_timeout = '50ms';
  execute format('lock table %I in access exclusive mode', part);
  execute format('select xid from %I order by xid desc limit 1', part) into gone;
  if gone is not null then
    execute format('truncate %I', part);
    update moves_kept set rotation = rotation + 1, gone_xid = greatest(gone_xid, gone);
  end if;
  update moves_kept set slot = turn;
  return true;
exception when lock_not_available then
  return false;
end $$;
`,
};
