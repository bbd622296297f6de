import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { Replica } from './replica.ts';
import { messageColumns } from './rows.ts';
import { type Found, type Page, pageOfPlaces, placesOfOwn, type Scope, scopes } from './search-places.ts';
import { replayedEpoch } from './standing.ts';
import { query, type Slot, statement } from './statement.ts';

type Readable = {
  nos: number[];
  seers: string[];
  floors: number[];
  tops: number[];
  heads: number[];
  revs: number[];
  epoch: string;
};

// What the primary says: which conversations may be searched, how far, and where each stands.
const readableIn = <A extends { space: string }>(name: string, scope: (slot: Slot<A>) => Scope) =>
  statement(name, (slot: Slot<A>) =>
    query
      .selectFrom(
        sql<Record<string, unknown>>`(
select c.no, m.user_id as seer, greatest(c.first_seq - 1, m.from_seq) as floor, coalesce(m.until_seq, c.last_seq) as top,
  c.last_seq as head, c.rev
from sights m join conversations c on c.no = m.conversation_no
where m.space = ${slot('space')} and ${scope(slot)})`.as('own'),
      )
      .select([
        sql<number[]>`coalesce(array_agg(own.no), '{}')`.as('nos'),
        sql<string[]>`coalesce(array_agg(own.seer), '{}')`.as('seers'),
        sql<number[]>`coalesce(array_agg(own.floor), '{}')`.as('floors'),
        sql<number[]>`coalesce(array_agg(own.top), '{}')`.as('tops'),
        sql<number[]>`coalesce(array_agg(own.head), '{}')`.as('heads'),
        sql<number[]>`coalesce(array_agg(own.rev), '{}')`.as('revs'),
        sql<string>`(select current_epoch())`.as('epoch'),
      ]),
  );

const readableConversation = readableIn<{ space: string; no: number; user: string }>(
  'readable-conversation',
  scopes.conversation,
);
const readableOwn = readableIn<{ space: string; readers: readonly string[] }>('readable-own', scopes.own);

// No row where any of the conversations stands behind what the primary said; one without a message where none matches.
const search = statement('search-replica', (slot: Slot<Readable & Page & { terms: readonly string[] }>) =>
  query
    .selectFrom(
      sql<{ [K in keyof Found]: Found[K] | null }>`(
with own as materialized (
  select c.no, o.reader, search_bucket(c.no) as bucket, greatest(o.floor, c.first_seq - 1) as floor, o.top,
    coalesce(p.seq, 0) as seq, coalesce(p.rev, 0) as rev, c.messages_rev
  from unnest(${slot('nos')}::bigint[], ${slot('seers')}::text[], ${slot('floors')}::bigint[], ${slot('tops')}::bigint[],
      ${slot('heads')}::bigint[], ${slot('revs')}::bigint[]) o(no, reader, floor, top, head, rev)
    join conversations c on c.no = o.no and c.last_seq >= o.head and c.rev >= o.rev
    left join search_progress p on p.conversation_no = c.no),
${placesOfOwn(slot)}
select g.* from (
  select where (select count(*) from own) = cardinality(${slot('nos')}::bigint[]) and ${slot('epoch')} = ${replayedEpoch}) caught_up
left join lateral (with ${pageOfPlaces(slot)}) g on true)`.as('found'),
    )
    .select(messageColumns.map((column) => `found.${column}` as const))
    .select('found.as_agents'),
);

type Asked = Page & {
  space: string;
  terms: readonly string[];
  readers: readonly string[];
  user: string;
  no: number | undefined;
};

/** @returns nothing where the primary has to be asked */
export async function searchReplica(
  db: Database,
  replica: Replica,
  { no, space, user, readers, ...page }: Asked,
): Promise<Found[] | undefined> {
  const [readable] = await (no === undefined
    ? db.read(readableOwn, { space, readers })
    : db.read(readableConversation, { space, user, no }));
  const rows = readable && (await replica.read(search, { ...readable, ...page }));
  return rows?.filter(isFound);
}

type Nullable<R> = { [C in keyof R]: R[C] | null };
const isFound = <R extends Nullable<Found>>(row: R): row is R & Found => row.seq !== null;
