import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const pageHistory: UseCase<'history.page'> = async ({ history }, { space, userId }, input) => {
  const { conversationId, limit = limits.pageDefault, ...range } = input;
  if (range.beforeSeq !== undefined && range.afterSeq !== undefined) {
    throw new Failure('invalid', 'Give `beforeSeq` or `afterSeq`, not both.');
  }
  return history.page(space, userId, conversationNo(conversationId), { ...range, limit });
};
