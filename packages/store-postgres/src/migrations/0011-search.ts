import type { Migration } from './migration.ts';

export const search: Migration = {
  number: 11,
  name: 'search',
  olderNodes: 'survive',
  // Sends touch nothing here: whoever is elected fills search_texts behind the log, conversation by conversation, and
  // search_progress says how far it came; what lies beyond (new by seq, changed by rev) a search reads from the log, so
  // that its results are exact at any moment.
  //
  // Words are found inside words and in languages without spaces, so that what is indexed are all runs of three
  // characters, as lexemes of a tsvector. A term of one or two characters asks for lexemes that begin with it; the ends
  // of texts are padded. pg_trgm knows neither such terms nor signs. A lexeme begins with the conversation's number
  // modulo 256: the search of a user reads what others wrote only where they share that number.
  sql: `
create table search_texts (
  conversation_no bigint not null,
  seq bigint not null,
  created_at timestamptz(3) not null,
  grams tsvector not null,
  primary key (conversation_no, seq)
);
create index search_grams on search_texts using gin (grams);

create table search_progress (
  conversation_no bigint primary key,
  seq bigint not null,
  rev bigint not null
) with (fillfactor = 80);

-- snapshot: up to where the moves were read. pending: conversations that did not fit into a round. sweep_no: while it is
-- not null, all conversations from there on are compared, because moves were truncated before they were read.
create table search_state (
  one boolean primary key default true check (one),
  epoch text,
  rotation bigint,
  snapshot pg_snapshot,
  pending bigint[] not null default '{}',
  sweep_no bigint default 0
);
insert into search_state default values;

create function search_fold(_text text) returns text language sql immutable as $$ select lower(_text) $$;

create function search_bucket(_no bigint) returns text language sql immutable as $$
  select lpad(to_hex(_no % 256), 2, '0')
$$;

create function search_grams(_bucket text, _text text) returns tsvector language sql immutable as $$
  select array_to_tsvector(coalesce(array_agg(distinct _bucket || a || b || c), '{}'))
  from (
    select ch as a, lead(ch, 1, ' ') over w as b, lead(ch, 2, ' ') over w as c
    from unnest(string_to_array(search_fold(_text), null)) with ordinality u(ch, n) window w as (order by n)) gram
  where a !~ '[[:space:]]'
$$;

create function search_query(_bucket text, _terms text[]) returns tsquery language sql immutable as $$
  select string_agg(distinct '''' || replace(replace(_bucket || substr(f, i, 3), '\\', '\\\\'), '''', '''''') || ''''
    || case when length(f) < 3 then ':*' else '' end, ' & ')::tsquery
  from unnest(_terms) t, search_fold(t) f, generate_series(1, greatest(length(f) - 2, 1)) i
  where substr(f, i, 1) !~ '[[:space:]]'
$$;

create function search_matches(_body text, _terms text[]) returns boolean language sql immutable as $$
  select bool_and(strpos(search_fold(_body), search_fold(t)) > 0) from unnest(_terms) t
$$;

-- Brings one conversation nearer to its head. Answers how many characters were indexed; the head is reached when it is
-- less than asked for.
create function index_conversation(_no bigint, _chars_max integer) returns integer language plpgsql as $$
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

-- One round of whoever holds the lock, in one transaction: a node that dies in it has changed nothing, and the next one
-- does it again. Answers whether there is more to do.
create function index_search(_chars_max integer) returns boolean language plpgsql as $$
declare
  s search_state;
  now_epoch text;
  now_rotation bigint;
  now_gone xid8;
  now_snapshot pg_snapshot;
  touched bigint[];
  swept bigint[];
  spent integer;
  budget integer := _chars_max;
  at integer := 0;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('parley.index_search', 0)) then return false; end if;
  select * into s from search_state;
  select current_epoch(), kept.rotation, kept.gone_xid, pg_current_snapshot(), array(
      select distinct n from moves, unnest(nos) n
      where xid >= pg_snapshot_xmin(s.snapshot) and not pg_visible_in_snapshot(xid, s.snapshot))
    into now_epoch, now_rotation, now_gone, now_snapshot, touched from moves_kept kept;
  if s.snapshot is null or now_epoch is distinct from s.epoch
    or (now_rotation > s.rotation and now_gone >= pg_snapshot_xmin(s.snapshot)) then
    s.sweep_no := 0;
  end if;
  touched := array(select distinct n from unnest(s.pending || touched) n);
  if s.sweep_no is not null and cardinality(touched) < 1000 then
    swept := array(select no from conversations where no > s.sweep_no order by no limit 1000);
    s.sweep_no := swept[cardinality(swept)];
    touched := touched || swept;
  end if;
  while at < cardinality(touched) and budget > 0 loop
    at := at + 1;
    spent := index_conversation(touched[at], budget);
    budget := budget - spent;
  end loop;
  -- The last one may not have reached its head.
  if budget <= 0 then at := at - 1; end if;
  update search_state set epoch = now_epoch, rotation = now_rotation, snapshot = now_snapshot,
    pending = coalesce(touched[at + 1 :], '{}'), sweep_no = s.sweep_no;
  return at < cardinality(touched) or s.sweep_no is not null;
end $$;
`,
};
