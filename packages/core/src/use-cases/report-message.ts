import { limits } from '@parley/protocol';
import { messageKey } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const reportMessage: UseCase<'message.report'> = async ({ administration }, { space, userId }, input) => {
  const report = await administration.report(space, userId, messageKey(input.messageId), input.reason);
  const { no, messageId, conversationId, reason, at } = report;
  return { report: { no, messageId, conversationId, at, ...(reason !== undefined && { reason }) } };
};

export const listReports: UseCase<'report.list'> = ({ administration }, { space }, input) =>
  administration.reports(space, { status: 'open', offset: 0, limit: limits.pageDefault, ...input });

export const resolveReport: UseCase<'report.resolve'> = async ({ administration }, admin, { no, ...verdict }) => ({
  report: await administration.resolve(admin, no, verdict),
});
