import { Type } from 'typebox';
import { Conversation, Member, MemberRole, Title } from '../conversation.ts';
import { limits } from '../limits.ts';
import { Closed, ConversationId, Epoch, UserId } from '../values.ts';
import type { Command } from './command.ts';

const Cursor = Type.String({ maxLength: 200, description: 'Where the last page ended: give it back unread.' });
const Limit = Type.Integer({ minimum: 1, maximum: limits.pageMax, default: limits.pageDefault });
const History = Type.Union([Type.Literal('all'), Type.Literal('none')], {
  description: 'What newcomers see of the past: all of it, or nothing before they came.',
});

export const conversationCommands = {
  'conversation.open': {
    summary: 'Finds or makes the direct conversation with one peer.',
    budget: 'write',
    input: Closed({ peerId: UserId }),
    output: Closed({ conversation: Conversation, epoch: Epoch }),
    errors: ['not_found', 'forbidden', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/conversations/direct/:peerId' },
  },
  'conversation.create': {
    summary: 'Makes a group whose owner you are.',
    budget: 'write',
    input: Closed({
      title: Title,
      memberIds: Type.Array(UserId, { maxItems: limits.membersPerCommandMax, uniqueItems: true }),
    }),
    output: Closed({ conversation: Conversation, epoch: Epoch }),
    errors: ['not_found', 'limit_reached', 'outcome_unknown'],
    http: { method: 'POST', path: '/v1/conversations' },
  },
  'conversation.get': {
    summary: 'One conversation as you see it.',
    budget: 'read',
    input: Closed({ conversationId: ConversationId }),
    output: Closed({ conversation: Conversation, epoch: Epoch }),
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/conversations/:conversationId' },
  },
  'conversation.list': {
    summary: 'Your conversations, most recent first, page by page, with their heads and unread counts.',
    budget: 'read',
    input: Closed({ after: Type.Optional(Cursor), limit: Type.Optional(Limit) }),
    output: Closed({
      conversations: Type.Array(Conversation),
      next: Type.Optional(Cursor),
      unreadTotal: Type.Integer({ minimum: 0, maximum: limits.unreadMax }),
      epoch: Epoch,
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/conversations' },
  },
  'member.list': {
    summary: 'Who is in a conversation, by user id, page by page.',
    budget: 'read',
    input: Closed({ conversationId: ConversationId, after: Type.Optional(UserId), limit: Type.Optional(Limit) }),
    output: Closed({ members: Type.Array(Member), next: Type.Optional(UserId) }),
    errors: ['not_found', 'not_member'],
    http: { method: 'GET', path: '/v1/conversations/:conversationId/members' },
  },
  'member.add': {
    summary: 'Adds users to a group. Owners and admins may. Who is a member already stays as they are.',
    budget: 'write',
    input: Closed({
      conversationId: ConversationId,
      userIds: Type.Array(UserId, { minItems: 1, maxItems: limits.membersPerCommandMax, uniqueItems: true }),
      role: Type.Optional(MemberRole),
      history: Type.Optional(History),
    }),
    output: Closed({ conversation: Conversation, added: Type.Array(UserId) }),
    errors: ['not_found', 'not_member', 'forbidden', 'limit_reached', 'outcome_unknown'],
    http: { method: 'POST', path: '/v1/conversations/:conversationId/members' },
  },
  'member.remove': {
    summary: 'Takes a user out of a group; yourself, to leave it. Nothing after this reaches them.',
    budget: 'write',
    input: Closed({ conversationId: ConversationId, userId: UserId }),
    output: Closed({ conversationId: ConversationId, userId: UserId, untilSeq: Type.Integer() }),
    errors: ['not_found', 'not_member', 'forbidden', 'outcome_unknown'],
    http: { method: 'DELETE', path: '/v1/conversations/:conversationId/members/:userId' },
  },
} as const satisfies Record<string, Command>;
