import type { Administration } from '@parley/core';
import { conversationId, messageId, type Report, type ReportStatus } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { accepted } from './outcomes.ts';
import { isoTime } from './rows.ts';
import type { ReportRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

type Reporting = { space: string; user: string; no: number; seq: number; reason: string | null };
type Resolving = { space: string; by: string; no: number; status: ReportStatus; note: string | null };
type Page = { space: string; status: ReportStatus; offset: number; limit: number };
type Reported = { outcome: 'ok' | 'not_found' | 'forbidden'; report: ReportRow };

const reportMessage = statement('report-message', (slot: Slot<Reporting>) =>
  query
    .selectFrom(
      sql<Reported>`report_message(${slot('space')}, ${slot('user')}, ${slot('no')}, ${slot('seq')}, ${slot('reason')})`.as(
        'reported',
      ),
    )
    .select(['outcome', 'report']),
);

const resolveReport = statement('resolve-report', (slot: Slot<Resolving>) =>
  query
    .selectFrom(
      sql<Reported>`resolve_report(${slot('space')}, ${slot('by')}, ${slot('no')}, ${slot('status')}, ${slot('note')})`.as(
        'resolved',
      ),
    )
    .select(['outcome', 'report']),
);

const reportsByPosition = statement('reports-by-position', (slot: Slot<Page>) => {
  const wanted = query.selectFrom('reports').where('space', '=', slot('space')).where('status', '=', slot('status'));
  return query
    .selectFrom(wanted.select((eb) => eb.fn.countAll<number>().as('total')).as('counted'))
    .leftJoinLateral(
      wanted.selectAll().orderBy('no').offset(slot('offset')).limit(slot('limit')).as('report'),
      (join) => join.onTrue(),
    )
    .selectAll('report')
    .select('counted.total')
    .orderBy('report.no');
});

export function createReports(db: Database) {
  return {
    async report(space, user, { no, seq }, reason) {
      const rows = await db.write(reportMessage, { space, user, no, seq, reason: reason ?? null });
      return reportOf(accepted(rows, { forbidden: { message: 'You wrote this message yourself.' } }).report);
    },
    async reports(space, page) {
      const rows = await db.read(reportsByPosition, { space, ...page });
      return { reports: rows.filter(isThere).map(reportOf), total: rows[0]?.total ?? 0 };
    },
    async resolve({ space, userId: by }, no, { status, note = null }) {
      return reportOf(accepted(await db.write(resolveReport, { space, by, no, status, note })).report);
    },
  } satisfies Pick<Administration, 'report' | 'reports' | 'resolve'>;
}

const reportOf = (row: ReportRow): Report => ({
  no: row.no,
  messageId: messageId(row.conversation_no, row.seq),
  conversationId: conversationId(row.conversation_no),
  ...(row.reason !== null && { reason: row.reason }),
  at: isoTime(row.at),
  byId: row.by_id,
  senderId: row.sender_id,
  body: row.body,
  status: row.status,
  ...(row.resolved_by_id !== null && { resolvedById: row.resolved_by_id }),
  ...(row.resolved_at !== null && { resolvedAt: isoTime(row.resolved_at) }),
  ...(row.note !== null && { note: row.note }),
});

type Nullable<R> = { [C in keyof R]: R[C] | null };
const isThere = <R extends Nullable<ReportRow>>(row: R): row is R & ReportRow => row.no !== null;
