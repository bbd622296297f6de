import { limits } from '@parley/protocol';
import { peersSeenBy, withTyping } from './with-typing.ts';
import type { UseCase } from './use-case.ts';

export const pageConversations: UseCase<'conversation.page'> = async (parts, { space, userId }, input) => {
  const { offset = 0, limit = limits.pageDefault, typing } = input;
  const { conversations, total } = await parts.conversations.page(space, userId, { offset, limit });
  return { conversations: await withTyping(parts, { space, typing }, conversations, peersSeenBy(userId)), total };
};
