import type { Migration } from './migration.ts';

export const importedFirst: Migration = {
  number: 23,
  name: 'imported first',
  olderNodes: 'survive',
  // A message without a product's id is where those that were written here begin: nodes look none of them up. So nothing
  // is imported behind it; what was imported before may be read again.
  //
  // What a product brought to another Parley, and wrote on there, comes with ids of both: own_no is the number under
  // which the other one gave its own.
  sql: `
alter function import_messages(text, bigint, jsonb) rename to import_first_messages;

create function keep_number(_space text, _no bigint, _own bigint) returns void language plpgsql as $$
begin
  if _own is null or not exists (select from imported_conversations where conversation_no = _no and own_no is null) then
    return;
  end if;
  perform pg_advisory_xact_lock(numbers_lock(_space));
  update imported_conversations set own_no = _own
  where conversation_no = _no
    and not exists (select from imported_conversations i where i.space = _space and i.own_no = _own)
    and not exists (select from conversations c where c.no = _own and c.space = _space
      and not exists (select from imported_conversations i where i.conversation_no = c.no));
end $$;

create function import_messages(_space text, _no bigint, _lines jsonb) returns table (n bigint, reason text)
language plpgsql as $$
begin
  perform from conversations where no = _no for no key update;
  if exists (select from conversations c where c.no = _no
    and c.last_seq > coalesce((select max(i.seq) from imported_messages i where i.conversation_no = _no), 0))
  then
    return query select (l ->> 'n')::bigint, 'its conversation has gone on here' from jsonb_array_elements(_lines) l
      where not exists (select from imported_messages i
        where i.space = _space and i.id = l ->> 'id' and i.conversation_no = _no);
  else
    perform keep_number(_space, _no, (select min((l ->> 'ownNo')::bigint) from jsonb_array_elements(_lines) l));
    return query select * from import_first_messages(_space, _no, _lines);
  end if;
end $$;
`,
};
