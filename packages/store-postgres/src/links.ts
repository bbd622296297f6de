import { Failure, type Links } from '@parley/core';
import type { Link, LinkKind, LinkStatus } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { isoTime } from './rows.ts';
import type { LinkRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type Put = { space: string; userA: string; userB: string; kind: LinkKind; status: LinkStatus; only: boolean };
type Pair = { space: string; userA: string; userB: string; kind: LinkKind | null };
type Page = { space: string; user: string; afterKind: string; afterPeer: string; limit: number };

const columns = ['low', 'high', 'kind', 'status', 'user_a', 'updated_at'] as const;

const putLink = statement('put-link', (slot: Slot<Put>) =>
  query
    .selectFrom(
      sql<LinkRow>`put_link(${slot('space')}, ${slot('userA')}, ${slot('userB')}, ${slot('kind')}, ${slot('status')}, ${slot('only')})`.as(
        'link',
      ),
    )
    .select(columns),
);

const deleteLinks = statement('delete-links', (slot: Slot<Pair>) =>
  query
    .selectFrom(
      sql<LinkRow>`delete_links(${slot('space')}, ${slot('userA')}, ${slot('userB')}, ${slot('kind')})`.as('link'),
    )
    .select(columns)
    .orderBy('kind'),
);

// Each half walks its own index as far as the page needs.
const half = (slot: Slot<Page>, mine: 'low' | 'high', peer: 'low' | 'high') =>
  query
    .selectFrom('links')
    .select(columns)
    .select(`${peer} as peer`)
    .where('space', '=', slot('space'))
    .where(mine, '=', slot('user'))
    .where(sql<boolean>`(kind, ${sql.ref(peer)}) > (${slot('afterKind')}, ${slot('afterPeer')} collate "C")`)
    .orderBy('kind')
    .orderBy(peer)
    .limit(slot('limit'));

const pageOfLinks = statement('page-of-links', (slot: Slot<Page>) =>
  query
    .selectFrom((eb) =>
      eb
        .selectFrom(half(slot, 'low', 'high').as('first'))
        .selectAll('first')
        .unionAll(query.selectFrom(half(slot, 'high', 'low').as('second')).selectAll('second'))
        .as('links'),
    )
    .selectAll('links')
    .orderBy('kind')
    .orderBy('peer')
    .limit(slot('limit')),
);

export function createLinks(db: Database) {
  return {
    async put(space, { userA, userB, kind, status, only = false }) {
      if (userA === userB) {
        throw new Failure('invalid', 'A link has two users.', {
          details: [{ path: '/userB', message: 'This is the same user.' }],
        });
      }
      const [row, ...cancelled] = await db.write(putLink, { space, userA, userB, kind, status, only });
      if (!row) throw new Error('an upsert answers its row');
      return { link: linkOf(row), cancelled: cancelled.map(linkOf) };
    },
    async remove(space, userA, userB, kind) {
      return (await db.write(deleteLinks, { space, userA, userB, kind: kind ?? null })).map(linkOf);
    },
    async list(space, user, { after, limit }) {
      const from = after === undefined ? { afterKind: '', afterPeer: '' } : parseCursor(after);
      const rows = await db.read(pageOfLinks, { space, user, ...from, limit: limit + 1 });
      const last = rows[limit - 1];
      return {
        links: rows.slice(0, limit).map(linkOf),
        next: rows.length > limit && last ? `${last.kind}:${last.peer}` : undefined,
      };
    },
  } satisfies Links;
}

function linkOf(row: Pick<LinkRow, (typeof columns)[number]>): Link {
  return {
    userA: row.user_a,
    userB: row.user_a === row.low ? row.high : row.low,
    kind: row.kind,
    status: row.status,
    updatedAt: isoTime(row.updated_at),
  };
}

const cursorText = /^(booking|assignment):(.+)$/s;

function parseCursor(text: string): { afterKind: string; afterPeer: string } {
  const [, afterKind, afterPeer] = cursorText.exec(text) ?? [];
  if (afterKind === undefined || afterPeer === undefined || afterPeer.includes('\0')) {
    throw new Failure('invalid', 'The cursor is none of ours.', {
      details: [{ path: '/after', message: 'Give back the cursor of the last page as it was.' }],
    });
  }
  return { afterKind, afterPeer };
}
