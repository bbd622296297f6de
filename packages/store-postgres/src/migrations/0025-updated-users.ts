import type { Migration } from './migration.ts';

export const updatedUsers: Migration = {
  number: 25,
  name: 'updated users',
  olderNodes: 'survive',
  // Null until the first change. A user who was only seen did not change: of `last_seen` the trigger never hears.
  sql: `
alter table users add updated_at timestamptz(3);

create function note_update_of_user() returns trigger language plpgsql as $$
begin
  new.updated_at := clock_timestamp();
  return new;
end $$;

create trigger users_updated before update of name, first_name, last_name, email, avatar_url, role, active on users
for each row when (
  (old.name, old.first_name, old.last_name, old.email, old.avatar_url, old.role, old.active) is distinct from
  (new.name, new.first_name, new.last_name, new.email, new.avatar_url, new.role, new.active)
) execute function note_update_of_user();
`,
};
