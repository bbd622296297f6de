import type { ImportedIds } from '@parley/core';
import { conversationId, messageId, parseMessageId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isOurs, type Profiles } from './profiles.ts';
import { query, type Slot, statement } from './statement.ts';

/** How long the first import of a space may stay unseen. */
const unseenMs = 1_000;
/** About 250 bytes each. */
const rememberedMax = 50_000;

type Named = { space: string; id: string };

const importsIn = statement('imports-in', (slot: Slot<{ space: string }>) =>
  query
    .selectFrom('imported_conversations')
    .select(sql<number>`1`.as('one'))
    .where('space', '=', slot('space'))
    .limit(sql.lit(1)),
);

const importedConversation = statement('imported-conversation', (slot: Slot<Named>) =>
  query
    .selectFrom('imported_conversations')
    .select('conversation_no as no')
    .where('space', '=', slot('space'))
    .where('id', '=', slot('id')),
);

const importedMessage = statement('imported-message', (slot: Slot<Named>) =>
  query
    .selectFrom('imported_messages')
    .select(['conversation_no as no', 'seq'])
    .where('space', '=', slot('space'))
    .where('id', '=', slot('id')),
);

const importedMessages = statement('imported-messages', (slot: Slot<{ nos: number[]; seqs: number[] }>) =>
  query
    .selectFrom('imported_messages as i')
    .innerJoin(
      sql<{ no: number; seq: number }>`unnest(${slot('nos')}::bigint[], ${slot('seqs')}::bigint[])`.as<'p'>(
        sql`p(no, seq)`,
      ),
      (join) => join.onRef('p.no', '=', 'i.conversation_no').onRef('p.seq', '=', 'i.seq'),
    )
    .select(['i.conversation_no as no', 'i.seq', 'i.id']),
);

/**
 * Remembers what products called things. Nothing is imported into a conversation behind what was written here, so that
 * the first message without such an id is where those that need no look-up begin.
 */
export function createImportedIds(db: Database, profiles: Profiles, now: () => number = () => performance.now()) {
  /** By our ids, also of those from another Parley, which have no other. */
  const names = remembering<string | undefined>();
  const ours = remembering<string>();
  const writtenFrom = remembering<number>();
  const spaces = new Map<string, { found: boolean; until: number }>();
  profiles.onForgotten(() => {
    for (const known of [names, ours, writtenFrom, spaces]) known.clear();
  });

  /** `unknown`: it has to be looked up. */
  const nameOf = (id: string): { name: string | undefined } | 'unknown' => {
    const key = parseMessageId(id);
    if (!key) return { name: undefined };
    const profile = profiles.get(key.no);
    if (!profile) return 'unknown';
    if (key.seq === 0) return { name: profile.importedId };
    if (!profile.isImported || key.seq >= (writtenFrom.get(key.no) ?? Infinity)) return { name: undefined };
    return names.has(id) ? { name: names.get(id) } : 'unknown';
  };

  const recall = (ids: readonly string[]): ReadonlyMap<string, string> | undefined => {
    const found = new Map<string, string>();
    for (const id of ids) {
      const named = nameOf(id);
      if (named === 'unknown') return undefined;
      if (named.name !== undefined) found.set(id, named.name);
    }
    return found;
  };

  async function learn(ids: readonly string[]): Promise<void> {
    const keys = ids.flatMap((id) => parseMessageId(id) ?? []);
    await profiles.load(
      keys.map(({ no }) => no),
      db.read,
    );
    const unknown = keys.filter(({ no, seq }) => seq > 0 && nameOf(messageId(no, seq)) === 'unknown');
    if (unknown.length === 0) return;
    const rows = await db.read(importedMessages, {
      nos: unknown.map(({ no }) => no),
      seqs: unknown.map(({ seq }) => seq),
    });
    for (const { no, seq, id } of rows) names.set(messageId(no, seq), isOurs(id) ? undefined : id);
    for (const { no, seq } of unknown) {
      if (names.has(messageId(no, seq))) continue;
      writtenFrom.set(no, Math.min(seq, writtenFrom.get(no) ?? seq));
    }
  }

  return {
    areIn(space) {
      const known = spaces.get(space);
      if (known && (known.found || known.until > now())) return known.found;
      return db.read(importsIn, { space }).then(({ length }) => {
        spaces.set(space, { found: length > 0, until: now() + unseenMs });
        return length > 0;
      });
    },
    recall,
    async of(ids) {
      await learn(ids);
      return recall(ids) ?? new Map();
    },
    async find(space, of, importedId) {
      const key = `${of}\n${space}\n${importedId}`;
      const known = ours.get(key);
      if (known !== undefined) return known;
      const named = { space, id: importedId };
      const found =
        of === 'conversation'
          ? (await db.read(importedConversation, named)).map(({ no }) => conversationId(no))[0]
          : (await db.read(importedMessage, named)).map(({ no, seq }) => messageId(no, seq))[0];
      if (found !== undefined) ours.set(key, found);
      return found;
    },
  } satisfies ImportedIds;
}

/** Forgets the oldest when there are too many. */
function remembering<V>() {
  const known = new Map<string | number, V>();
  return {
    has: (key: string | number) => known.has(key),
    get: (key: string | number) => known.get(key),
    clear: () => known.clear(),
    set(key: string | number, value: V) {
      known.set(key, value);
      for (const oldest of known.keys()) {
        if (known.size <= rememberedMax) break;
        known.delete(oldest);
      }
    },
  };
}
