import type { Migration } from './migration.ts';

export const searchQuickly: Migration = {
  number: 26,
  name: 'search quickly',
  olderNodes: 'survive',
  // Nearly always a conversation has a few new messages, of which none was changed yet, and they fit into the round
  // however long they are: two statements in place of five. With the runs of characters made in a loop (an array that is
  // never copied, and sorted and made distinct once, by the tsvector itself), a message in a conversation of its own costs
  // 120 us in place of 290.
  sql: `
create or replace function search_grams(_bucket text, _text text) returns tsvector language plpgsql immutable as $$
declare
  chars text[] := string_to_array(search_fold(_text), null) || '{" "," "}'::text[];
begin
  return array_to_tsvector(array(
    select _bucket || chars[i] || chars[i + 1] || chars[i + 2] from generate_series(1, cardinality(chars) - 2) i
    where chars[i] !~ '[[:space:]]'));
end $$;

-- Brings one conversation nearer to its head. Answers how many characters were indexed; the head is reached when it is
-- less than asked for.
create or replace function index_conversation(_no bigint, _chars_max integer) returns integer language plpgsql as $$
declare
  c conversations;
  p search_progress;
  reached bigint;
  changed bigint;
  chars bigint := 0;
  more bigint := 0;
begin
  select * into c from conversations where no = _no;
  select * into p from search_progress where conversation_no = _no;
  p.seq := coalesce(p.seq, c.first_seq - 1);
  p.rev := coalesce(p.rev, 0);
  if c.no is null or (p.seq >= c.last_seq and p.rev >= c.messages_rev) then return 0; end if;
  if p.rev >= c.messages_rev and (c.last_seq - p.seq) * (8000 + 100) <= _chars_max then
    with new as materialized (
      select seq, created_at, body, deleted_at is null and kind <> 'system' as shown from messages
      where conversation_no = _no and seq > p.seq and seq <= c.last_seq
    ), indexed as (
      insert into search_texts (conversation_no, seq, created_at, grams)
      select _no, seq, created_at, search_grams(search_bucket(_no), body) from new where shown
      on conflict (conversation_no, seq) do update set grams = excluded.grams)
    select coalesce(sum(length(body) + 100), 0) into chars from new;
    insert into search_progress (conversation_no, seq, rev) values (_no, c.last_seq, p.rev)
    on conflict (conversation_no) do update set seq = excluded.seq;
    return chars;
  end if;
  -- A text costs something however short it is.
  select max(seq), coalesce(max(total), 0) into reached, chars from (
    select seq, sum(length(body) + 100) over (order by seq) as total, length(body) + 100 as size from (
      select seq, body from messages where conversation_no = _no and seq > p.seq and seq <= c.last_seq
      order by seq limit _chars_max / 100 + 1) g) sized
  where total - size < _chars_max;
  select max(rev), coalesce(max(total), 0) into changed, more from (
    select rev, sum(length(body) + 100) over (order by rev) as total, length(body) + 100 as size from (
      select rev, body from messages where conversation_no = _no and rev > 0 and rev > p.rev
      order by rev limit _chars_max / 100 + 1) g) sized
  where total - size < _chars_max;
  delete from search_texts s using messages g where g.conversation_no = _no and g.rev > 0 and g.rev > p.rev
    and g.rev <= changed and s.conversation_no = _no and s.seq = g.seq;
  insert into search_texts (conversation_no, seq, created_at, grams)
  select _no, seq, created_at, search_grams(search_bucket(_no), body) from messages
  where conversation_no = _no and deleted_at is null and kind <> 'system' and (
    (seq > p.seq and seq <= reached) or (rev > 0 and rev > p.rev and rev <= changed and seq <= p.seq))
  on conflict (conversation_no, seq) do update set grams = excluded.grams;
  insert into search_progress (conversation_no, seq, rev) values (
    _no, case when chars < _chars_max then c.last_seq else reached end,
    case when more < _chars_max then greatest(c.messages_rev, p.rev) else changed end)
  on conflict (conversation_no) do update set seq = excluded.seq, rev = excluded.rev;
  return chars + more;
end $$;
`,
};
