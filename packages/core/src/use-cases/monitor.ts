import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const monitorConversations: UseCase<'moderation.conversations'> = ({ administration }, { space }, input) => {
  const { before, offset = 0, limit = limits.pageDefault, ...filter } = input;
  const from = before !== undefined && { beforeNo: conversationNo(before) };
  return administration.conversations(space, { ...filter, ...from, offset, limit });
};

export const monitorHistory: UseCase<'moderation.history'> = async ({ administration }, admin, input) => {
  const { conversationId, limit = limits.pageDefault, ...range } = input;
  if (range.beforeSeq !== undefined && range.afterSeq !== undefined) {
    throw new Failure('invalid', 'Give `beforeSeq` or `afterSeq`, not both.');
  }
  return administration.history(admin, conversationNo(conversationId), { ...range, limit });
};
