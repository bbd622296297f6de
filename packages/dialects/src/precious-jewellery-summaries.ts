import type { Summaries } from './dialect.ts';

/* What the events and routes of precious-jewellery are for, in the words of its document where it has any. */

export const summaries = {
  takes: {
    send_message: 'Send a message to a user.',
    typing_start: 'Show a user that you are typing.',
    typing_stop: 'Show a user that you stopped typing.',
    mark_message_read: 'Mark a message as read.',
    admin_broadcast: 'Send a broadcast message to all users, as an admin.',
    admin_message_user: 'Send a message to a user, as an admin.',
    add_reaction: 'React to a message.',
    remove_reaction: 'Take a reaction back.',
  },
  says: {
    admin_broadcast: 'An admin said something to everybody.',
    new_message: 'Somebody wrote to you.',
    message_sent: 'A message of yours, from this device or another one, is stored.',
    user_typing: 'Somebody began or stopped typing to you.',
    message_read: 'Somebody read a message of yours.',
    message_reaction: 'A message has other reactions.',
    user_status_update: 'Somebody came or went.',
    error: 'What you sent was refused, and why.',
  },
  routes: {
    'GET /api/v0/chat/conversations': 'Get user conversations.',
    'GET /api/v0/chat/unread-count': 'Get unread message count.',
    'GET /api/v0/chat/online-users': 'Get online users list.',
    'GET /api/v0/chat/user-status/:userId': 'Get user status.',
    'GET /api/v0/chat/conversation/:receiverId': 'Get the conversation with a user, or create it.',
    'GET /api/v0/chat/conversation/:conversationId/messages': 'Get the messages of a conversation.',
    'POST /api/v0/chat/send': 'Send a message to a user.',
    'PUT /api/v0/chat/message/:messageId/read': 'Mark a message as read.',
    'PUT /api/v0/chat/conversation/:conversationId/read': 'Mark all messages of a conversation as read.',
    'DELETE /api/v0/chat/message/:messageId': 'Delete a message.',
    'POST /api/v0/chat/message/:messageId/reaction': 'React to a message.',
    'DELETE /api/v0/chat/message/:messageId/reaction/:emoji': 'Take a reaction back.',
    'POST /api/v0/chat/admin/broadcast': 'Send a broadcast message to all users, as an admin.',
    'POST /api/v0/chat/admin/send-to-user': 'Send a message to a user, as an admin.',
  },
} as const satisfies Summaries;
