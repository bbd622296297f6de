import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const pageHistory: UseCase<'history.page'> = async (parts, caller, input) => {
  const { conversationId, limit = limits.pageDefault, ...range } = input;
  if (range.beforeSeq !== undefined && range.afterSeq !== undefined) {
    throw new Failure('invalid', 'Give `beforeSeq` or `afterSeq`, not both.');
  }
  const no = conversationNo(conversationId);
  return parts.history.page(caller.space, await readerIn(parts, caller, no), no, { ...range, limit });
};
