import { Type } from 'typebox';
import { AskTyping, Conversation } from '../conversation.ts';
import { limits } from '../limits.ts';
import { Message } from '../message.ts';
import { Closed, ConversationId, Count, described, MessageId, Time, UserId } from '../values.ts';
import type { Command } from './command.ts';
import { SearchWords } from './search.ts';

export const Offset = Type.Integer({
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  default: 0,
  description: 'How many to leave out. Beyond the end the page is empty, and `total` is right all the same.',
});
export const Limit = (what: string) =>
  Type.Integer({
    minimum: 1,
    maximum: limits.pageMax,
    default: limits.pageDefault,
    description: `${what} on the page.`,
  });

export const ReadMarks = Type.Array(Closed({ messageId: MessageId, userId: UserId, readAt: Time }), {
  description: 'Who read which of these messages, and when. In direct conversations only.',
});

const PageOfMessages = (total: string) =>
  Closed({
    messages: Type.Array(Message, { description: 'In the order of their positions. A page is never cut short.' }),
    total: Count(total),
    conversation: Conversation,
    receipts: ReadMarks,
  });

/** Pages by their number, for clients that show one. What moves meanwhile shifts them: a cursor or a `seq` does not. */
export const pageCommands = {
  'conversation.page': {
    summary: 'Your conversations, most recent first, by position, and how many there are.',
    budget: 'read',
    over: 'http',
    input: Closed({
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit('Conversations')),
      typing: Type.Optional(AskTyping),
    }),
    output: Closed({
      conversations: Type.Array(Conversation, { description: 'As you see them, each with its newest message.' }),
      total: Count('Conversations that you are in.'),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/pages/conversations' },
  },
  'history.offset': {
    summary:
      'Messages of a conversation by position, and how many there are. Deleted ones are left out and not counted. Name the conversation, or the peer of a direct one.',
    budget: 'read',
    over: 'http',
    input: Closed({
      conversationId: Type.Optional(ConversationId),
      peerId: Type.Optional(described(UserId, 'The peer of a direct conversation that exists.')),
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit('Messages')),
      order: Type.Optional(
        Type.Union([Type.Literal('asc'), Type.Literal('desc')], {
          default: 'asc',
          description: '`asc`: the oldest message has position 0. `desc`: the newest.',
        }),
      ),
    }),
    output: PageOfMessages('Messages that you see and that are not deleted.'),
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/pages/messages' },
  },
  'search.page': {
    summary:
      'What `message.search` finds in one conversation, newest first, by position, and how much it is: each call looks at all of it.',
    budget: 'read',
    over: 'http',
    input: Closed({
      conversationId: ConversationId,
      q: SearchWords,
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit('Messages')),
    }),
    output: PageOfMessages('Messages that were found.'),
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/pages/search' },
  },
} as const satisfies Record<string, Command>;
