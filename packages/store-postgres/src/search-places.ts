import { staffId } from '@parley/protocol';
import { sql } from 'kysely';
import type { MessageColumns } from './rows.ts';
import type { Slot } from './statement.ts';

export type Terms = { space: string; terms: readonly string[] };
/** `at` and what follows it: where the last page ended. */
export type Page = { at: string; beforeNo: number; beforeSeq: number; limit: number };
export type Found = MessageColumns & { as_agents: boolean };
export type Scope = ReturnType<typeof scopes.own>;

// Who left may still search what they saw, where they name it: there is an index of current memberships only.
export const scopes = {
  conversation: (slot: Slot<{ no: number; user: string }>) =>
    sql`m.user_id = ${slot('user')} and m.conversation_no = ${slot('no')}`,
  own: (slot: Slot<{ readers: readonly string[] }>) =>
    sql`m.user_id = any(${slot('readers')}::text[]) and m.until_seq is null`,
};

/**
 * Where it may stand: from the index (as far as that came) and from the log (beyond). What the index says is only a hint,
 * the text decides (`matching`). `offset 0` keeps a look-up behind its conversation: turned round, it would read every
 * part of the table.
 */
export const places = (slot: Slot<Terms>, scope: Scope) => sql`
own as materialized (
  select c.no, m.user_id as reader, search_bucket(c.no) as bucket, greatest(c.first_seq - 1, m.from_seq) as floor,
    coalesce(m.until_seq, c.last_seq) as top, coalesce(p.seq, 0) as seq, coalesce(p.rev, 0) as rev, c.messages_rev
  from sights m join conversations c on c.no = m.conversation_no
    left join search_progress p on p.conversation_no = c.no
  where m.space = ${slot('space')} and ${scope}),
${placesOfOwn(slot)}`;

/** The same for conversations that are given as `own`. */
export const placesOfOwn = (slot: Slot<{ terms: readonly string[] }>) => sql`
places as (
  select s.conversation_no, s.seq, s.created_at
  from (select distinct bucket from own) b
    cross join lateral (
      select * from search_texts t where t.grams @@ search_query(b.bucket, ${slot('terms')}::text[]) offset 0) s
    join own o on o.no = s.conversation_no
  where s.seq > o.floor and s.seq <= o.top
  union
  select g.conversation_no, g.seq, g.created_at
  from own o cross join lateral (
    select * from messages g where g.conversation_no = o.no and g.seq > greatest(o.floor, o.seq) and g.seq <= o.top offset 0) g
  where o.top > o.seq
  union
  select g.conversation_no, g.seq, g.created_at
  from own o cross join lateral (
    select * from messages g where g.conversation_no = o.no and g.rev > 0 and g.rev > o.rev offset 0) g
  where o.messages_rev > o.rev and g.seq > o.floor and g.seq <= o.top)`;

export const matching = (slot: Slot<{ terms: readonly string[] }>) => sql`
  select * from messages g where g.conversation_no = o.conversation_no and g.seq = o.seq and g.deleted_at is null
    and g.kind <> 'system' and search_matches(g.body, ${slot('terms')}::text[]) limit 1`;

/** A page of those that match, newest first: they are looked at until it is full. */
export const pageOfPlaces = (slot: Slot<Page & { terms: readonly string[] }>) => sql`
ordered as (
  select * from places
  where (created_at, conversation_no, seq) < (${slot('at')}::timestamptz, ${slot('beforeNo')}::bigint, ${slot('beforeSeq')}::bigint)
  order by created_at desc, conversation_no desc, seq desc)
select g.*, exists (select from own where own.no = o.conversation_no and own.reader = ${sql.lit(staffId)}) as as_agents
from ordered o cross join lateral (${matching(slot)}) g
order by o.created_at desc, o.conversation_no desc, o.seq desc
limit ${slot('limit')}`;

/** Every message of one conversation that matches: for those who count them, and read each. */
export const allMatching = (slot: Slot<Terms & { no: number; user: string }>) => sql`
with ${places(slot, scopes.conversation(slot))}
select g.* from places o cross join lateral (${matching(slot)}) g`;
