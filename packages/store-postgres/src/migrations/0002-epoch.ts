import type { Migration } from './migration.ts';

export const epoch: Migration = {
  number: 2,
  name: 'epoch',
  olderNodes: 'survive',
  // An epoch names one life of the numbers. A restore may bring back a past in which numbers were not given out yet, so
  // who restores calls new_epoch(); a promoted standby has another timeline, and a copy that was loaded elsewhere has
  // another system identifier, and these two nobody can forget. Cost of current_epoch(): 25 us, of which 20 are the read
  // of the control file, so that appends read epoch_life() and each connection asks for the system identifier once.
  sql: `
create table epoch (
  one boolean primary key default true check (one),
  id text not null
);
create function new_epoch() returns text language sql as $$
  insert into epoch (id) values (substr(replace(gen_random_uuid()::text, '-', ''), 1, 16))
  on conflict (one) do update set id = excluded.id returning id
$$;
create function epoch_life() returns text language sql stable as $$
  select id || '.' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) from epoch
$$;
create function current_epoch() returns text language sql stable as $$
  select epoch_life() || '.' || system_identifier from pg_control_system()
$$;
select new_epoch();
`,
};
