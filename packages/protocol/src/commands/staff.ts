import { Type } from 'typebox';
import { Conversation } from '../conversation.ts';
import { limits } from '../limits.ts';
import { Body, MessageKind } from '../message.ts';
import { ClientId, Closed, Count, described, Epoch, Unread, UserId } from '../values.ts';
import type { Command } from './command.ts';
import { messageCommands } from './messages.ts';
import { Limit, Offset } from './pages.ts';

const Cursor = Type.String({
  maxLength: 200,
  description: 'Where the last page ended: `next` of its answer, given back unread.',
});

/** Where the staff of a space speak as one. What may be done in a conversation otherwise may be done in these too. */
export const staffCommands = {
  'support.open': {
    summary:
      'Finds or makes a support thread: your own, or as an agent or admin that of a user. Its other member is `agents`.',
    budget: 'write',
    input: Closed({
      userId: Type.Optional(described(UserId, 'Whose thread: agents and admins name a user, users name nobody.')),
    }),
    output: Closed({ conversation: Conversation, epoch: Epoch }),
    errors: ['not_found', 'forbidden', 'outcome_unknown'],
    http: { method: 'POST', path: '/v1/support' },
  },
  'support.list': {
    summary: 'All support threads of the space as `agents` sees them, most recent first, page by page.',
    budget: 'read',
    input: Closed({
      after: Type.Optional(Cursor),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.pageMax,
          default: limits.pageDefault,
          description: 'What a page holds at most.',
        }),
      ),
    }),
    output: Closed({
      conversations: Type.Array(Conversation, {
        description: 'Most recent first; `peerId` is the user of the thread.',
      }),
      next: Type.Optional(described(Cursor, 'There is more: ask with `after: next`.')),
      unreadTotal: Unread('All that users wrote and nobody of the staff has read.'),
      epoch: Epoch,
    }),
    errors: ['forbidden'],
    http: { method: 'GET', path: '/v1/support' },
    access: 'staff',
  },
  'support.page': {
    summary: 'All support threads of the space by position, most recent first, and how many there are.',
    budget: 'read',
    over: 'http',
    input: Closed({ offset: Type.Optional(Offset), limit: Type.Optional(Limit('Threads')) }),
    output: Closed({
      conversations: Type.Array(Conversation, {
        description: 'As `agents` sees them, each with its newest message; `peerId` is the user of the thread.',
      }),
      total: Count('Threads of the space.'),
    }),
    errors: ['forbidden'],
    http: { method: 'GET', path: '/v1/pages/support' },
    access: 'staff',
  },
  'announcement.send': {
    summary: 'Says something to everybody of the space, also to those who come later. `agents` is who says it.',
    budget: 'send',
    input: Closed({
      clientId: Type.Optional(ClientId),
      kind: Type.Optional(described(MessageKind, '`text`, which is what absent means; `system` is `forbidden`.')),
      body: Body,
    }),
    output: messageCommands['message.send'].output,
    errors: ['forbidden', 'conflict', 'outcome_unknown'],
    http: { method: 'POST', path: '/v1/announcements' },
    access: 'admin',
  },
} as const satisfies Record<string, Command>;
