import { Failure, type Search } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import { limits, staffId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { searchByPosition } from './pages.ts';
import { type MessageColumns, messageColumns, messageFor, sizeOf } from './rows.ts';
import type { Replica } from './replica.ts';
import { type Found, type Page, pageOfPlaces, places, type Scope, scopes, type Terms } from './search-places.ts';
import { searchReplica } from './search-replica.ts';
import { query, type Slot, statement } from './statement.ts';

type Asked = Terms & Page;

/** Characters that one round indexes: it holds no lock that others wait for, and ends well before a statement may not. */
const charsPerRound = 100_000;
const roundEveryMs = 1_000;

// The messages are looked at newest first, until the page is full.
const searchIn = <A extends Asked>(name: string, scope: (slot: Slot<A>) => Scope) =>
  statement(name, (slot: Slot<A>) =>
    query
      .selectFrom(
        sql<Found>`(
with ${places(slot, scope(slot))},
${pageOfPlaces(slot)})`.as('found'),
      )
      .select(messageColumns.map((column) => `found.${column}` as const))
      .select('found.as_agents'),
  );

const searchConversation = searchIn<Asked & { no: number; user: string }>('search-conversation', scopes.conversation);
const searchOwn = searchIn<Asked & { readers: readonly string[] }>('search-own', scopes.own);

const indexSearch = statement('index-search', (slot: Slot<{ chars: number }>) =>
  query.selectNoFrom(sql<boolean>`index_search(${slot('chars')})`.as('more')),
);

export function createSearch(db: Database, replica: Replica | undefined, log: Logger) {
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
    async find(space, user, { terms, no, after, limit, pool = false }) {
      const asked = { space, terms, limit: limit + 1, ...parseCursor(after) };
      const readers = pool ? [user, staffId] : [user];
      const rows =
        (replica && (await searchReplica(db, replica, { ...asked, readers, user, no }))) ??
        (await (no === undefined
          ? db.read(searchOwn, { ...asked, readers })
          : db.read(searchConversation, { ...asked, user, no })));
      let bytes = 0;
      const fitting = rows.slice(0, limit).filter((row, i) => {
        bytes += sizeOf(row);
        return i === 0 || bytes <= limits.syncBytesMax;
      });
      const last = fitting.at(-1);
      return {
        messages: fitting.map((row) => messageFor(row.as_agents ? staffId : user, row)),
        next: last && fitting.length < rows.length ? cursorOf(last) : undefined,
      };
    },
    position: (space, user, no, { terms, ...page }) => searchByPosition(db, { space, user, no, terms, ...page }),
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

function parseCursor(text: string | undefined): Omit<Page, 'limit'> {
  if (text === undefined) return { at: 'infinity', beforeNo: 0, beforeSeq: 0 };
  const [, no, seq, at] = cursorText.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (at === undefined || Number.isNaN(Date.parse(`${at.slice(0, 10)}T${at.slice(11, 19)}Z`))) {
    throw new Failure('invalid', 'The cursor is none of ours.', {
      details: [{ path: '/after', message: 'Give back the cursor of the last page as it was.' }],
    });
  }
  return { at, beforeNo: Number(no), beforeSeq: Number(seq) };
}
