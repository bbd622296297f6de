import type { Migration } from './migration.ts';

export const accounts: Migration = {
  number: 15,
  name: 'accounts',
  olderNodes: 'survive',
  // A session is one row, however often its refresh token is replaced: a token that names the session and is not its
  // newest was replaced before, so that two hold it. With a row for each token, one that is being replaced at the same
  // moment would outlive the end of its family.
  // The one before the newest is no proof of that yet: the answer that brought the newest may have been lost. For a moment,
  // and as long as the newest was not used, it is answered with that same one again, which is kept sealed with the token
  // that it came for: this table alone opens nothing.
  sql: `
create table accounts (
  space text collate "C" not null,
  email text collate "C" not null,
  user_id text collate "C" not null,
  password_hash text not null,
  created_at timestamptz(3) not null default now(),
  primary key (space, email),
  unique (space, user_id)
);

create table sessions (
  id uuid primary key,
  space text collate "C" not null,
  user_id text collate "C" not null,
  secret_hash bytea not null,
  previous_hash bytea,
  sealed bytea,
  rotated_at timestamptz(3),
  began_at timestamptz(3) not null,
  expires_at timestamptz(3) not null
);
create index sessions_user on sessions (space, user_id, began_at);

create function rotate_session(
  _space text, _id uuid, _hash bytea, _next bytea, _sealed bytea, _for_ms float8, _grace_ms float8
)
returns setof sessions language plpgsql as $$
declare s sessions;
begin
  select * into s from sessions where id = _id and space = _space for update;
  if not found then return; end if;
  if not (s.secret_hash = _hash
      or (s.previous_hash = _hash and s.rotated_at + _grace_ms * interval '1 ms' > clock_timestamp()) is true)
    or s.expires_at <= clock_timestamp() or not exists (
    select from users where space = _space and user_id = s.user_id and active and (revoked_at < s.began_at) is not false)
  then
    delete from sessions where id = _id;
    return;
  end if;
  if s.secret_hash = _hash then
    update sessions set secret_hash = _next, previous_hash = _hash, sealed = _sealed, rotated_at = clock_timestamp(),
      expires_at = clock_timestamp() + _for_ms * interval '1 ms'
    where id = _id returning * into s;
  end if;
  return next s;
end $$;
`,
};
