-- Run after every restore of a backup, before the first node starts, by `parley restored`, or:
--
--     psql "$DATABASE_URL" --file infra/postgres/after-restore.sql
--
-- Numbers that clients saw after the backup was taken will be given to other messages. A new epoch tells every client to
-- forget what it holds and to read anew.
begin;
select new_epoch() as epoch;
-- Positions in `moves` are of another life as well, and so are its rows. The number of the last transaction that is gone may
-- be of another server, which had come further: kept, it would make every later rotation look like a loss.
truncate moves;
update moves_kept set rotation = rotation + 1, gone_xid = pg_snapshot_xmax(pg_current_snapshot());
commit;
