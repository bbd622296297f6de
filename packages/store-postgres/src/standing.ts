import { sql } from 'kysely';
import type { Database } from './database.ts';
import { membershipsOf } from './seen.ts';
import { type Slot, statement } from './statement.ts';

/*
 * What the primary says before a replica may answer: who may read what, and where each conversation stands. A replica
 * has replayed all that was told of a conversation when its row there has come as far, because every change of one is
 * committed with that row. Both are seen in the snapshot of one statement. A position in the log (LSN) would not do there:
 * a statement takes its snapshot first, and may then find that the replica has replayed more than it sees.
 */

type Reader = { space: string; user: string; no: number };
export type Standing = { floor: number; top: number; head: number; rev: number; epoch: string };

const standingOf = statement('standing-of-reader', (slot: Slot<Reader>) =>
  membershipsOf(slot)
    .where('c.no', '=', slot('no'))
    .select([
      sql<number>`greatest(c.first_seq - 1, m.from_seq)`.as('floor'),
      sql<number>`coalesce(m.until_seq, c.last_seq)`.as('top'),
      'c.last_seq as head',
      'c.rev',
      sql<string>`(select current_epoch())`.as('epoch'),
    ]),
);

/** @returns nothing where there is no membership */
export async function readStanding(db: Database, reader: Reader): Promise<Standing | undefined> {
  return (await db.read(standingOf, reader))[0];
}

/** `current_epoch()` as a server says it that replays: another epoch is another database, or another past. */
export const replayedEpoch = sql<string>`(select e.id || '.' || lpad(upper(to_hex(c.timeline_id)), 8, '0') || '.' || s.system_identifier
  from epoch e, pg_control_checkpoint() c, pg_control_system() s)`;
