import { Failure, type Search } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import { limits } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { type MessageColumns, messageColumns, messageFor, sizeOf } from './rows.ts';
import { query, type Slot, statement } from './statement.ts';

type Asked = { space: string; user: string; terms: readonly string[]; at: string; limit: number } & Place;
type Place = { beforeNo: number; beforeSeq: number };

/** Characters that one round indexes: it holds no lock that others wait for, and ends well before a statement may not. */
const charsPerRound = 100_000;
const roundEveryMs = 1_000;

// Who left may still search what they saw, where they name it: there is an index of current memberships only.
const scopes = {
  conversation: (slot: Slot<Asked & { no: number }>) => sql`m.conversation_no = ${slot('no')}`,
  own: () => sql`m.until_seq is null`,
};

// First where it may stand, from the index (as far as that came) and from the log (beyond), then a look at the messages,
// newest first, until the page is full. What the index says is only a hint: the text decides.
const searchIn = <A extends Asked>(name: string, scope: (slot: Slot<A>) => ReturnType<typeof scopes.own>) =>
  statement(name, (slot: Slot<A>) =>
    query
      .selectFrom(
        sql<MessageColumns>`(
with own as materialized (
  select c.no, search_bucket(c.no) as bucket, greatest(c.first_seq - 1, m.from_seq) as floor,
    coalesce(m.until_seq, c.last_seq) as top, coalesce(p.seq, 0) as seq, coalesce(p.rev, 0) as rev, c.messages_rev
  from sights m join conversations c on c.no = m.conversation_no
    left join search_progress p on p.conversation_no = c.no
  where m.space = ${slot('space')} and m.user_id = ${slot('user')} and ${scope(slot)}),
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
    select * from messages g where g.conversation_no = o.no and g.seq > greatest(o.floor, o.seq) and g.seq <= o.top) g
  where o.top > o.seq
  union
  select g.conversation_no, g.seq, g.created_at
  from own o cross join lateral (
    select * from messages g where g.conversation_no = o.no and g.rev > 0 and g.rev > o.rev) g
  where o.messages_rev > o.rev and g.seq > o.floor and g.seq <= o.top),
ordered as (
  select * from places
  where (created_at, conversation_no, seq) < (${slot('at')}::timestamptz, ${slot('beforeNo')}::bigint, ${slot('beforeSeq')}::bigint)
  order by created_at desc, conversation_no desc, seq desc)
select g.* from ordered o cross join lateral (
  select * from messages g where g.conversation_no = o.conversation_no and g.seq = o.seq and g.deleted_at is null
    and g.kind <> 'system' and search_matches(g.body, ${slot('terms')}::text[]) limit 1) g
order by o.created_at desc, o.conversation_no desc, o.seq desc
limit ${slot('limit')})`.as('found'),
      )
      .select(messageColumns.map((column) => `found.${column}` as const)),
  );

const searchConversation = searchIn('search-conversation', scopes.conversation);
const searchOwn = searchIn('search-own', scopes.own);

const indexSearch = statement('index-search', (slot: Slot<{ chars: number }>) =>
  query.selectNoFrom(sql<boolean>`index_search(${slot('chars')})`.as('more')),
);

export function createSearch(db: Database, log: Logger) {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** One round. @returns whether there is more to do; false also when another node is at it */
  async function index(): Promise<boolean> {
    return (await db.write(indexSearch, { chars: charsPerRound }))[0]?.more ?? false;
  }

  function soon(ms: number): void {
    if (closed) return;
    timer = setTimeout(() => inBackground(log, 'index messages for search', round()), ms);
    timer.unref();
  }

  async function round(): Promise<void> {
    let more = false;
    try {
      more = await index();
    } finally {
      soon(more ? 0 : roundEveryMs);
    }
  }

  return {
    async find(space, user, { terms, no, after, limit }) {
      const asked = { space, user, terms, limit: limit + 1, ...parseCursor(after) };
      const rows = await (no === undefined ? db.read(searchOwn, asked) : db.read(searchConversation, { ...asked, no }));
      let bytes = 0;
      const fitting = rows.slice(0, limit).filter((row, i) => {
        bytes += sizeOf(row);
        return i === 0 || bytes <= limits.syncBytesMax;
      });
      const last = fitting.at(-1);
      return {
        messages: fitting.map((row) => messageFor(user, row)),
        next: last && fitting.length < rows.length ? cursorOf(last) : undefined,
      };
    },
    index,
    /** Takes turns with the other nodes that do: whoever has the lock works. */
    startIndexing: () => soon(0),
    stopIndexing() {
      closed = true;
      clearTimeout(timer);
    },
  } satisfies Search & Record<string, unknown>;
}

const cursorOf = ({ conversation_no: no, seq, created_at: at }: MessageColumns) =>
  Buffer.from(`${no} ${seq} ${at}`).toString('base64url');
const cursorText = /^(\d{1,15}) (\d{1,15}) (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,3})?\+00)$/;

function parseCursor(text: string | undefined): Place & { at: string } {
  if (text === undefined) return { at: 'infinity', beforeNo: 0, beforeSeq: 0 };
  const [, no, seq, at] = cursorText.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (at === undefined || Number.isNaN(Date.parse(`${at.slice(0, 10)}T${at.slice(11, 19)}Z`))) {
    throw new Failure('invalid', 'The cursor is none of ours.', {
      details: [{ path: '/after', message: 'Give back the cursor of the last page as it was.' }],
    });
  }
  return { at, beforeNo: Number(no), beforeSeq: Number(seq) };
}
