import { limits } from '@parley/protocol';
import { readerIn } from './acting.ts';
import { namedConversation } from './named-conversation.ts';
import type { UseCase } from './use-case.ts';

export const offsetHistory: UseCase<'history.offset'> = async (parts, caller, input) => {
  const { offset = 0, limit = limits.pageDefault, order = 'asc' } = input;
  const no = await namedConversation(parts, caller, input);
  return parts.history.offset(caller.space, await readerIn(parts, caller, no), no, { offset, limit, order });
};
