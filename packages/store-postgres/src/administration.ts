import type { Administration } from '@parley/core';
import { type AuditEntry, type Ban, conversationId, type Deed, messageId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { createMonitoring } from './monitoring.ts';
import { createReports } from './reports.ts';
import { isoTime } from './rows.ts';
import type { AuditLogRow, BanRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type OfUser = { space: string; by: string; user: string };
type Page = { space: string; offset: number; limit: number };
type Audited = {
  space: string;
  by: string | null;
  user: string | null;
  deed: Deed | null;
  before: number;
  limit: number;
};

const banColumns = ['user_id', 'until', 'reason', 'by_id', 'at'] as const;
type BanColumns = Pick<BanRow, (typeof banColumns)[number]>;
const holds = sql<boolean>`until > clock_timestamp()`;

const banUser = statement('ban-user', (slot: Slot<OfUser & { reason: string | null; until: string | null }>) =>
  query
    .selectFrom(
      sql<BanRow>`ban_user(${slot('space')}, ${slot('by')}, ${slot('user')}, ${slot('reason')}, ${slot('until')})`.as(
        'ban',
      ),
    )
    .select(banColumns)
    .select(holds.as('holds')),
);

// Who lifts a ban that is none leaves no trace: the log has a deed only where a row went.
const unbanUser = statement('unban-user', (slot: Slot<OfUser>) =>
  query
    .with('gone', (db) =>
      db
        .deleteFrom('bans')
        .where('space', '=', slot('space'))
        .where('user_id', '=', slot('user'))
        .returning(['space', 'user_id', holds.as('held')]),
    )
    .with('noted', (db) =>
      db
        .insertInto('audit_log')
        .columns(['space', 'by_id', 'deed', 'user_id'])
        .expression(
          db
            .selectFrom('gone')
            .select(['space', sql<string>`${slot('by')}`.as('by_id'), sql<Deed>`'user.unban'`.as('deed'), 'user_id']),
        )
        .returning('no'),
    )
    .selectFrom('gone')
    .select('held'),
);

const bansByPosition = statement('bans-by-position', (slot: Slot<Page>) => {
  const held = query.selectFrom('bans').where('space', '=', slot('space')).where(holds);
  return query
    .selectFrom(held.select((eb) => eb.fn.countAll<number>().as('total')).as('counted'))
    .leftJoinLateral(
      held.select(banColumns).orderBy('user_id').offset(slot('offset')).limit(slot('limit')).as('ban'),
      (join) => join.onTrue(),
    )
    .selectAll('ban')
    .select('counted.total')
    .orderBy('ban.user_id');
});

const auditColumns = ['no', 'at', 'by_id', 'deed', 'user_id', 'conversation_no', 'seq', 'details'] as const;

const auditLog = statement('audit-log', (slot: Slot<Audited>) =>
  query
    .selectFrom('audit_log')
    .select(auditColumns)
    .where('space', '=', slot('space'))
    .where('no', '<', slot('before'))
    .where(sql<boolean>`by_id = coalesce(${slot('by')}::text, by_id)`)
    .where(sql<boolean>`(${slot('user')}::text is null or user_id = ${slot('user')}::text)`)
    .where(sql<boolean>`deed = coalesce(${slot('deed')}::text, deed)`)
    .orderBy('no', 'desc')
    .limit(slot('limit')),
);

export function createAdministration(db: Database) {
  return {
    ...createMonitoring(db),
    ...createReports(db),
    async ban({ space, userId: by }, user, { reason = null, until = null }) {
      const [row] = await db.write(banUser, { space, by, user, reason, until });
      if (!row) throw new Error('an upsert answers its row');
      return { ban: banOf(row), holds: row.holds };
    },
    async unban({ space, userId: by }, user) {
      const [gone] = await db.write(unbanUser, { space, by, user });
      return gone?.held ?? false;
    },
    async bans(space, page) {
      const rows = await db.read(bansByPosition, { space, ...page });
      return { bans: rows.filter(isThere).map(banOf), total: rows[0]?.total ?? 0 };
    },
    async audit(space, { byId = null, userId = null, deed = null, before = Number.MAX_SAFE_INTEGER, limit }) {
      const rows = await db.read(auditLog, { space, by: byId, user: userId, deed, before, limit: limit + 1 });
      return { entries: rows.slice(0, limit).map(entryOf), more: rows.length > limit };
    },
  } satisfies Administration;
}

const banOf = (row: BanColumns): Ban => ({
  userId: row.user_id,
  ...(row.reason !== null && { reason: row.reason }),
  ...(row.until !== 'infinity' && { until: isoTime(row.until) }),
  byId: row.by_id,
  at: isoTime(row.at),
});

const entryOf = (row: Pick<AuditLogRow, (typeof auditColumns)[number]>): AuditEntry => ({
  no: row.no,
  at: isoTime(row.at),
  byId: row.by_id,
  deed: row.deed,
  ...(row.user_id !== null && { userId: row.user_id }),
  ...(row.conversation_no !== null && { conversationId: conversationId(row.conversation_no) }),
  ...(row.conversation_no !== null && row.seq !== null && { messageId: messageId(row.conversation_no, row.seq) }),
  ...row.details,
  ...(row.details?.until !== undefined && { until: isoTime(row.details.until) }),
});

type Nullable<R> = { [C in keyof R]: R[C] | null };

const isThere = <R extends Nullable<BanColumns>>(row: R): row is R & BanColumns => row.user_id !== null;
