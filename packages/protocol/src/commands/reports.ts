import { Type } from 'typebox';
import { OwnReport, Reason, Report, ReportStatus } from '../administration.ts';
import { Closed, Count, described, MessageId } from '../values.ts';
import type { Command } from './command.ts';
import { Limit, Offset } from './pages.ts';

/** Members tell the admins of a space what should not have been said. */
export const reportCommands = {
  'message.report': {
    summary:
      "Reports a message of somebody else's, which you see, to the admins of the space. Again answers the first report.",
    budget: 'write',
    input: Closed({ messageId: MessageId, reason: Type.Optional(Reason) }),
    output: Closed({ report: OwnReport }),
    errors: ['not_found', 'forbidden', 'outcome_unknown'],
    http: { method: 'POST', path: '/v1/messages/:messageId/report' },
  },
  'report.list': {
    summary: 'What was reported and has this status, oldest first, by position.',
    budget: 'read',
    access: 'admin',
    over: 'http',
    input: Closed({
      status: Type.Optional(described(ReportStatus, 'Absent: `open`.')),
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit('Reports')),
    }),
    output: Closed({
      reports: Type.Array(Report, { description: 'Oldest first.' }),
      total: Count('Reports with this status.'),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/reports' },
  },
  'report.resolve': {
    summary: 'Judges a report, or opens it again. Again replaces what was said before.',
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({
      no: Count('The number of the report.'),
      status: ReportStatus,
      note: Type.Optional(described(Reason, 'What there is to say about it.')),
    }),
    output: Closed({ report: Report }),
    errors: ['not_found', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/reports/:no' },
  },
} as const satisfies Record<string, Command>;
