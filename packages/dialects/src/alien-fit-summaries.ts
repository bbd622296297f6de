import type { Summaries } from './dialect.ts';

/* What the events and routes of alien-fit are for, in the words of its document where it has any. */

export const summaries = {
  takes: {
    'chat:send': 'Send a message to the trainers; as a trainer or an admin, to the user who is named.',
    heartbeat: 'Stay online: to be said every 25 seconds or so.',
  },
  says: {
    'chat:message': 'A message in your conversation, also one of your own; to trainers, in that of any user.',
    error: 'What you sent was refused, and why.',
  },
  routes: {
    'GET /api/v1/chat/me': 'Retrieve chat metadata and own presence.',
    'GET /api/v1/chat/me/messages': 'List chat messages, page by page.',
    'POST /api/v1/chat/me/messages': 'Send a message to the trainers.',
    'GET /api/v1/chat/users': 'List user chats with a snapshot of presence, page by page.',
    'GET /api/v1/chat/users/:userId/messages': 'Fetch the conversation with a specific user.',
    'POST /api/v1/chat/users/:userId/messages': 'Reply to a user.',
    'GET /api/v1/chat/presence/online/count': 'Count the users who are online.',
    'GET /api/v1/chat/presence/:userId': 'Presence and last seen of a user.',
  },
} as const satisfies Summaries;
