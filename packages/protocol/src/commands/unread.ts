import { Type } from 'typebox';
import { Conversation } from '../conversation.ts';
import { limits } from '../limits.ts';
import { Message } from '../message.ts';
import { Closed } from '../values.ts';
import type { Command } from './command.ts';

/** What others wrote where you are a member, and you have not read: undeleted, and not by the server. */
export const unreadCommands = {
  'unread.total': {
    summary: 'How many messages you have not read, over all conversations.',
    budget: 'read',
    input: Closed({}),
    output: Closed({
      total: Type.Integer({
        minimum: 0,
        maximum: limits.unreadTotalMax,
        description: 'Exact up to `unreadTotalMax`; a larger number is answered as this one.',
      }),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/unread/total' },
  },
  'unread.conversations': {
    summary: 'Your conversations in which something is unread, most recent first.',
    budget: 'read',
    input: Closed({
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.pageMax,
          default: limits.pageMax,
          description: 'Conversations at most.',
        }),
      ),
    }),
    output: Closed({
      conversations: Type.Array(Conversation, { description: 'As you see them, each with its newest message.' }),
      more: Type.Boolean({ description: 'Whether there are others.' }),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/unread/conversations' },
  },
  'unread.messages': {
    summary: 'What you have not read, over all conversations, oldest first.',
    budget: 'read',
    input: Closed({
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.unreadMessagesMax,
          default: limits.unreadMessagesMax,
          description: 'Messages at most.',
        }),
      ),
    }),
    output: Closed({
      messages: Type.Array(Message, { description: 'By the time of their storing; at most `unreadBytesMax` of them.' }),
      more: Type.Boolean({ description: 'Whether newer ones are unread too: `history.page` has them.' }),
      total: Type.Integer({
        minimum: 0,
        maximum: limits.unreadTotalMax,
        description: 'How many are unread in all, as `unread.total` counts them.',
      }),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/unread/messages' },
  },
} as const satisfies Record<string, Command>;
