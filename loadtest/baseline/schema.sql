-- One table with one index, which serves history too. No idempotency, no numbers, no membership: the usual start.
create table messages (
  conversation_id text not null,
  id bigint generated always as identity,
  sender_id text not null,
  body text not null,
  created_at timestamptz not null default now(),
  primary key (conversation_id, id)
);
