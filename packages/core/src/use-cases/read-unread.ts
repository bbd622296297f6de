import { limits } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const countUnread: UseCase<'unread.total'> = async ({ unread }, { space, userId }) => ({
  total: await unread.total(space, userId),
});

export const listUnread: UseCase<'unread.conversations'> = ({ unread }, { space, userId }, input) =>
  unread.byConversation(space, userId, { limit: input.limit ?? limits.pageMax });

export const readUnread: UseCase<'unread.messages'> = ({ unread }, { space, userId }, input) =>
  unread.messages(space, userId, { limit: input.limit ?? limits.unreadMessagesMax });
