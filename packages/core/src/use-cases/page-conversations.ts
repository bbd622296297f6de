import { limits } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const pageConversations: UseCase<'conversation.page'> = ({ conversations }, { space, userId }, input) => {
  const { offset = 0, limit = limits.pageDefault } = input;
  return conversations.page(space, userId, { offset, limit });
};
