import type { Summaries } from './dialect.ts';

/* What the events and routes of tutor-go are for, in the words of its document where it has any. */

export const summaries = {
  takes: {
    'send-message': 'Send a new message to another user.',
    'join-conversation': 'Join a conversation room to receive messages.',
    'leave-conversation': 'Leave a conversation room.',
  },
  says: {
    connected: 'You are in: what you have not read, oldest first, and how much there is.',
    'message-sent': 'A message of yours, from this device or another one, is stored.',
    'new-message': 'Somebody wrote to you.',
    'user-online': 'Somebody whom you share a conversation or a booking with is online.',
    'user-offline': 'Somebody whom you share a conversation or a booking with went offline.',
    error: 'What you sent was refused, and why.',
  },
  routes: {
    'GET /chat/conversations/:userId': 'Get all conversations for a user.',
    'GET /chat/messages/:conversationId': 'Get the messages of a conversation, page by page.',
    'PATCH /chat/conversations/:conversationId/read': 'Mark all messages in a conversation as read.',
  },
} as const satisfies Summaries;
