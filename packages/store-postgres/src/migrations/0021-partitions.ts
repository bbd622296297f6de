import type { Migration } from './migration.ts';

/** The numbers that chose it: infra/decisions/hash-partitions.md. Another number means that every row moves once more. */
const partitionCount = 4;

// PostgreSQL takes storage parameters for the parts only.
const split = (table: string, key: string, parameters = '') => `
alter table ${table} rename to ${table}_whole;
create table ${table} (like ${table}_whole including defaults) partition by hash (conversation_no);
${Array.from(
  { length: partitionCount },
  (_, remainder) =>
    `create table ${table}_${remainder} partition of ${table} for values with (modulus ${partitionCount}, remainder ${remainder})${parameters};\n`,
).join('')}insert into ${table} select * from ${table}_whole;
drop table ${table}_whole;
alter table ${table} add primary key (${key});
`;

export const partitions: Migration = {
  number: 21,
  name: 'partitions',
  olderNodes: 'survive',
  // Older nodes name the same tables with the same columns. While the rows move they are read as before;
  // whoever writes one waits, and where that takes longer than a statement may, is told `unavailable`.
  sql: `
lock table messages, reactions, message_versions in share row exclusive mode;
${split(
  'messages',
  'conversation_no, seq',
  ' with (autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02)',
)}
create unique index messages_client on messages (conversation_no, sender_id, client_id, author_id)
  nulls not distinct where client_id is not null;
create index messages_changed on messages (conversation_no, rev) where rev > 0;
create index messages_deleted on messages (conversation_no, seq) where deleted_at is not null;
${split('reactions', 'conversation_no, seq, emoji, user_id')}
${split('message_versions', 'conversation_no, seq, rev')}
-- With "offset 0" each look-up stays behind its conversation. The other way round it read every tombstone that there is.
do $$
declare
  text text := pg_get_functiondef('append_many'::regproc);
  mended text := replace(text, $old$from unnest(_nos, _replies) with ordinality as u(no, reply, n)
      join messages g on g.conversation_no = u.no and g.seq = u.reply
    where g.deleted_at is not null;$old$, $new$from unnest(_nos, _replies) with ordinality as u(no, reply, n) cross join lateral (
      select from messages g where g.conversation_no = u.no and g.seq = u.reply and g.deleted_at is not null offset 0) g;$new$);
begin
  if mended = text then raise exception 'append_many reads otherwise'; end if;
  execute mended;
end $$;
-- Sessions keep a function as they compiled it, with the row type of a table that is gone; a changed function is compiled
-- anew.
do $$
declare
  f regprocedure;
begin
  for f in select p.oid from pg_proc p join pg_language l on l.oid = p.prolang
    where l.lanname = 'plpgsql' and p.pronamespace = current_schema()::regnamespace
  loop
    execute format('alter function %s cost 100', f);
  end loop;
end $$;
`,
};
