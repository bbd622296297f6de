import { limits } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const listConversations: UseCase<'conversation.list'> = async ({ conversations }, { space, userId }, input) => {
  const { after, limit = limits.pageDefault } = input;
  const { next, ...inbox } = await conversations.list(space, userId, { after, limit });
  return { ...inbox, ...(next !== undefined && { next }) };
};
