import type { Summaries } from './dialect.ts';

/* What the events and routes of trainer-chat are for, in the words of its document where it has any. */

export const summaries = {
  takes: {
    joinConversation: 'Join a conversation room.',
    leaveConversation: 'Leave a conversation room.',
    sendMessage: 'Send a message.',
    typing: 'Send a typing indicator.',
    markAsRead: 'Mark a message as read.',
  },
  says: {
    conversationHistory: 'The newest messages of the conversation that you joined, oldest first.',
    newMessage: 'A message in a conversation that you joined, or one of your own.',
    newMessageNotification: 'A message in a conversation of yours that you have not joined.',
    userTyping: 'The other one began or stopped typing.',
    messageRead: 'The other one read a message of yours, and those before it.',
    userJoined: 'The other one joined the conversation.',
    userLeft: 'The other one left the conversation.',
    error: 'What you sent was refused, and why.',
  },
  routes: {
    'POST /auth/register': 'User registration.',
    'POST /auth/login': 'User login.',
    'GET /users': 'Get all users, as an admin or a trainer.',
    'GET /users/trainers': 'Get all trainers.',
    'GET /users/:id': 'Get a user by ID.',
    'POST /users/:id/assign-trainer/:trainerId': 'Assign a trainer to a user, as an admin.',
    'POST /chat/conversations': 'Create or get a conversation.',
    'GET /chat/conversations': 'Get user conversations.',
    'GET /chat/conversations/:id': 'Get a conversation by ID.',
    'GET /chat/conversations/:id/messages': 'Get the messages of a conversation.',
    'POST /chat/messages': 'Send a message.',
    'PUT /chat/messages/:id/read': 'Mark a message as read.',
    'PUT /chat/conversations/:id/read': 'Mark a conversation as read.',
    'GET /chat/messages/unread/count': 'Get unread message count.',
    'GET /chat/admin/conversations': 'Get all conversations for moderation, as an admin.',
    'PUT /chat/admin/conversations/:id/close': 'Close a conversation, as an admin.',
  },
} as const satisfies Summaries;
