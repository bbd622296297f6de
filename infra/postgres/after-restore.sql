-- Run once after a backup was restored, before the first node starts:
--
--     psql "$DATABASE_URL" --file infra/postgres/after-restore.sql
--
-- Numbers that clients saw after the backup was taken will be given to other messages. A new epoch tells every client to
-- forget what it holds and to read anew.
begin;
select new_epoch() as epoch;
-- Positions in `moves` are of another life as well, and so are its rows.
truncate moves;
update moves_kept set rotation = rotation + 1, gone_xid = greatest(gone_xid, pg_snapshot_xmax(pg_current_snapshot()));
commit;
