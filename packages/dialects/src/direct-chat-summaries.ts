import type { Summaries } from './dialect.ts';

/* What the events and routes of direct-chat are for, in the words of its document where it has any. */

export const summaries = {
  takes: {
    join_personal_room: 'Join the personal notification room.',
    join_conversation: 'Join a conversation room to receive real-time messages.',
    leave_conversation: 'Leave a conversation room.',
    typing: "Notify the other one that you're typing.",
    stop_typing: 'Notify the other one that you stopped typing.',
    send_message: 'Send a real-time message, which is stored too.',
    mark_as_read: 'Mark the messages of a conversation as read.',
  },
  says: {
    new_message: 'A message in a conversation that you joined, or one of your own.',
    message_notification: 'A message in a conversation of yours that you have not joined.',
    messages_read: 'Your peer has read your messages.',
    user_typing: 'Your peer is typing.',
    user_stopped_typing: 'Your peer stopped typing.',
    user_joined: 'Your peer looks at the conversation.',
    user_left: 'Your peer looks at the conversation no longer.',
    error: 'What you sent was refused, and why.',
  },
  routes: {
    'POST /api/chat/send': 'Send a message.',
    'GET /api/chat/conversations': 'Get all conversations of the user.',
    'GET /api/chat/conversations/:conversationId/messages': 'Get the messages in a conversation.',
    'GET /api/chat/conversations/:conversationId/search': 'Search the messages of a conversation.',
    'PUT /api/chat/conversations/:conversationId/read': 'Mark the messages of a conversation as read.',
    'GET /api/chat/unread-count': 'Get the total count of unread messages.',
    'GET /api/chat/unread': 'Get the unread messages by conversation.',
    'DELETE /api/chat/messages/:messageId': 'Delete a message.',
  },
} as const satisfies Summaries;
