import { importing } from './0019-importing.ts';
import { importReading } from './0019-import-reading.ts';
import type { Migration } from './migration.ts';

export const moving: Migration = {
  number: 19,
  name: 'moving',
  olderNodes: 'survive',
  // What a product called its conversations and messages before it moved in: they keep these ids. own_no is there where
  // such an id is also the one that a conversation of that number would have (it comes from another Parley): then no
  // other conversation of the space gets this number. Who makes a conversation and who brings such an id wait for each
  // other, space by space; nobody else asks.
  sql: `
create table imported_conversations (
  space text collate "C" not null,
  id text collate "C" not null,
  conversation_no bigint not null unique,
  own_no bigint,
  primary key (space, id)
);
create unique index imported_numbers on imported_conversations (space, own_no) where own_no is not null;

create table imported_messages (
  conversation_no bigint not null,
  seq bigint not null,
  space text collate "C" not null,
  id text collate "C" not null,
  primary key (conversation_no, seq),
  unique (space, id)
);

create function numbers_lock(_space text) returns bigint language sql immutable as $$
  select hashtextextended('parley.numbers.' || _space, 0)
$$;

create function pass_over_imported_numbers() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(numbers_lock(new.space));
  while exists (select from imported_conversations where space = new.space and own_no = new.no) loop
    new.no := nextval(pg_get_serial_sequence('conversations', 'no'));
  end loop;
  return new;
end $$;
create trigger conversations_number before insert on conversations
  for each row execute function pass_over_imported_numbers();
${importing}${importReading}`,
};
