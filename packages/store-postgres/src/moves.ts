import { sql } from 'kysely';
import type { Database } from './database.ts';
import type { MovesTable } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

/** Where a reader stands: the epoch, the rotation, and the snapshot of its last reading. */
type Position = { epoch: string; rotation: number; snapshot: string };

export type Moved = {
  position: string;
  epoch: string;
  rows: Pick<MovesTable, 'nos' | 'seqs' | 'revs' | 'versions' | 'users'>[];
  truncated: boolean;
  rotationDue: boolean;
};

// `(select …)` is evaluated once, however many rows there are.
const now = [
  'rotation',
  sql<string>`gone_xid::text`.as('gone_xid'),
  sql<string>`(select pg_current_snapshot()::text)`.as('snapshot'),
  sql<string>`(select current_epoch())`.as('epoch'),
  sql<boolean>`(select moves_slot()) <> kept.slot`.as('rotation_due'),
] as const;

const positionOfNow = statement('moves-position', () => query.selectFrom('moves_kept as kept').select(now));

// One statement and so one snapshot: the rows that it sees are exactly those of the snapshot that it answers. A reader
// takes its locks before its snapshot, so that no truncation can come between the two.
const movesSince = statement('moves-since', (slot: Slot<{ snapshot: string }>) =>
  query
    .selectFrom('moves_kept as kept')
    .leftJoin('moves as moved', (join) =>
      join
        .on('moved.xid', '>=', sql<string>`pg_snapshot_xmin(${slot('snapshot')}::pg_snapshot)`)
        .on(sql<boolean>`not pg_visible_in_snapshot(moved.xid, ${slot('snapshot')}::pg_snapshot)`),
    )
    .select(now)
    .select(['moved.nos', 'moved.seqs', 'moved.revs', 'moved.versions', 'moved.users']),
);

const rotate = statement('rotate-moves', () => query.selectNoFrom(sql<boolean>`rotate_moves()`.as('rotated')));

export async function rotateMoves(db: Database): Promise<void> {
  await db.write(rotate, {});
}

export async function readPosition(db: Database): Promise<Moved> {
  const [kept] = await db.read(positionOfNow, {});
  if (!kept) throw new Error('moves_kept has one row');
  const { epoch, rotation, snapshot } = kept;
  const position = textOf({ epoch, rotation, snapshot });
  return { position, epoch, rows: [], truncated: false, rotationDue: kept.rotation_due };
}

export async function readMoves(db: Database, since: string): Promise<Moved> {
  const last = parsePosition(since);
  if (!last) return { ...(await readPosition(db)), truncated: true };
  const found = await db.read(movesSince, { snapshot: last.snapshot });
  const [kept] = found;
  if (!kept) throw new Error('moves_kept has one row');
  const { epoch, rotation, snapshot, rotation_due: rotationDue } = kept;
  const position = textOf({ epoch, rotation, snapshot });
  // Transactions of another life of the database have other numbers: what was found by them means nothing.
  if (epoch !== last.epoch) return { position, epoch, rows: [], truncated: true, rotationDue };
  const rows = found.flatMap(({ nos, seqs, revs, versions, users }) =>
    nos && seqs && revs && versions ? [{ nos, seqs, revs, versions, users }] : [],
  );
  // Whatever was truncated after this position was read may have held rows that it has not seen.
  const truncated = rotation > last.rotation && BigInt(kept.gone_xid) >= xminOf(last.snapshot);
  return { position, epoch, rows, truncated, rotationDue };
}

const textOf = ({ epoch, rotation, snapshot }: Position) => `${epoch} ${rotation} ${snapshot}`;
const positionText = /^(\S+) (\d+) (\d+:\d+:[\d,]*)$/;
const xminOf = (snapshot: string) => BigInt(snapshot.slice(0, snapshot.indexOf(':')));

function parsePosition(text: string): Position | undefined {
  const [, epoch, rotation, snapshot] = positionText.exec(text) ?? [];
  if (epoch === undefined || rotation === undefined || snapshot === undefined) return undefined;
  return { epoch, rotation: Number(rotation), snapshot };
}
