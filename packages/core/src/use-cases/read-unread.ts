import { limits } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const countUnread: UseCase<'unread.total'> = async ({ unread }, { space, userId }) => ({
  total: await unread.total(space, userId),
});

export const listUnread: UseCase<'unread.conversations'> = ({ unread }, { space, userId }, input) =>
  unread.byConversation(space, userId, { limit: input.limit ?? limits.pageMax });

export const readUnread: UseCase<'unread.messages'> = async ({ unread }, { space, userId }, input) => {
  const { messages, more } = await unread.messages(space, userId, { limit: input.limit ?? limits.unreadMessagesMax });
  return { messages, more, total: more ? await unread.total(space, userId) : messages.length };
};
