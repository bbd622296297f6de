import type { Conversation, Message } from '@parley/protocol';

/** What others wrote and a member has not read: undeleted, not by the server, within the membership. Current ones only. */
export interface Unread {
  /** Exact up to `unreadTotalMax`, and that number beyond. */
  total(space: string, userId: string): Promise<number>;
  /** Where something is unread, most recent first, with the newest message; counts as in an inbox. */
  byConversation(
    space: string,
    userId: string,
    page: { limit: number },
  ): Promise<{ conversations: Conversation[]; more: boolean }>;
  /** Over all conversations by the time of storing, oldest first; fewer than `limit` when they are long. */
  messages(space: string, userId: string, page: { limit: number }): Promise<{ messages: Message[]; more: boolean }>;
}
