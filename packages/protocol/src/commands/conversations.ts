import { Type } from 'typebox';
import { AskTyping, Conversation, ConversationStatus, Member, MemberRole, Title } from '../conversation.ts';
import { limits } from '../limits.ts';
import { Closed, ConversationId, described, Epoch, Rev, Seq, Time, Unread, UserId } from '../values.ts';
import type { Command } from './command.ts';

const Cursor = Type.String({
  maxLength: 200,
  description: 'Where the last page ended: `next` of its answer, given back unread.',
});
const Limit = Type.Integer({
  minimum: 1,
  maximum: limits.pageMax,
  default: limits.pageDefault,
  description: 'What a page holds at most.',
});
const History = Type.Union([Type.Literal('all'), Type.Literal('none')], {
  description: 'What newcomers see of the past: all of it, or nothing before they came; `none` when absent.',
});

export const conversationCommands = {
  'conversation.open': {
    summary: 'Finds or makes the direct conversation with one peer.',
    budget: 'write',
    input: Closed({
      peerId: described(UserId, 'A user of the space who exists (has shown a token or was `user.put`); not yourself.'),
      typing: Type.Optional(AskTyping),
    }),
    output: Closed({ conversation: Conversation, epoch: Epoch }),
    errors: ['not_found', 'not_permitted', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/conversations/direct/:peerId' },
  },
  'conversation.create': {
    summary: 'Makes a group whose owner you are.',
    budget: 'write',
    input: Closed({
      title: Title,
      memberIds: Type.Array(UserId, {
        maxItems: limits.membersPerCommandMax,
        uniqueItems: true,
        description: 'The members besides you. All must exist.',
      }),
    }),
    output: Closed({ conversation: Conversation, epoch: Epoch }),
    errors: ['not_found', 'not_permitted', 'limit_reached', 'outcome_unknown'],
    http: { method: 'POST', path: '/v1/conversations' },
  },
  'conversation.get': {
    summary: 'One conversation as you see it.',
    budget: 'read',
    input: Closed({ conversationId: ConversationId, typing: Type.Optional(AskTyping) }),
    output: Closed({ conversation: Conversation, epoch: Epoch }),
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/conversations/:conversationId' },
  },
  'conversation.list': {
    summary: 'Your conversations, most recent first, page by page, with their heads and unread counts.',
    budget: 'read',
    input: Closed({ after: Type.Optional(Cursor), limit: Type.Optional(Limit) }),
    output: Closed({
      conversations: Type.Array(Conversation, { description: 'Most recent first.' }),
      next: Type.Optional(described(Cursor, 'There is more: ask with `after: next`.')),
      unreadTotal: Unread('All that is unread in all of your conversations.'),
      epoch: Epoch,
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/conversations' },
  },
  'conversation.update': {
    summary:
      'Renames a group, or sets the status of a conversation. Of a group its owners and admins do; of a direct conversation either of the two archives it, and only admins of the space close and reopen it. Those need no membership.',
    budget: 'write',
    input: Closed({
      conversationId: ConversationId,
      title: Type.Optional(Title),
      status: Type.Optional(ConversationStatus),
    }),
    output: Closed({
      conversationId: ConversationId,
      title: Type.Optional(Title),
      status: ConversationStatus,
      rev: described(Rev, 'The change; as before when nothing changed.'),
    }),
    errors: ['not_found', 'not_member', 'forbidden', 'outcome_unknown'],
    http: { method: 'PATCH', path: '/v1/conversations/:conversationId' },
  },
  'member.update': {
    summary:
      'Gives a member another role, or mutes them until a time. Owners may; admins of a group mute mere members. One owner always remains: make another one first, to hand a group over. Admins of the space may without a membership.',
    budget: 'write',
    input: Closed({
      conversationId: ConversationId,
      userId: described(UserId, 'The member.'),
      role: Type.Optional(MemberRole),
      mutedUntil: Type.Optional(
        described(Time, 'Their messages are refused until then. A time that has passed ends it.'),
      ),
    }),
    output: Closed({ member: Member, rev: described(Rev, 'The change; as before when nothing changed.') }),
    errors: ['not_found', 'not_member', 'forbidden', 'outcome_unknown'],
    http: { method: 'PATCH', path: '/v1/conversations/:conversationId/members/:userId' },
  },
  'member.list': {
    summary: 'Who is in a conversation, by user id, page by page.',
    budget: 'read',
    input: Closed({
      conversationId: ConversationId,
      after: Type.Optional(described(UserId, 'Where the last page ended: `next` of its answer.')),
      limit: Type.Optional(Limit),
    }),
    output: Closed({
      members: Type.Array(Member, { description: 'Those who are members now, ascending by user id.' }),
      next: Type.Optional(described(UserId, 'There may be more: ask with `after: next`.')),
    }),
    errors: ['not_found', 'not_member'],
    http: { method: 'GET', path: '/v1/conversations/:conversationId/members' },
  },
  'member.add': {
    summary: 'Adds users to a group. Owners and admins may. Who is a member already stays as they are.',
    budget: 'write',
    input: Closed({
      conversationId: ConversationId,
      userIds: Type.Array(UserId, {
        minItems: 1,
        maxItems: limits.membersPerCommandMax,
        uniqueItems: true,
        description: 'Whom to add. All must exist.',
      }),
      role: Type.Optional(described(MemberRole, 'What they become; `member` when absent.')),
      history: Type.Optional(History),
    }),
    output: Closed({
      conversation: Conversation,
      added: Type.Array(UserId, { description: 'Those who were no members before.' }),
    }),
    errors: ['not_found', 'not_member', 'not_permitted', 'forbidden', 'limit_reached', 'outcome_unknown'],
    http: { method: 'POST', path: '/v1/conversations/:conversationId/members' },
  },
  'member.remove': {
    summary: 'Takes a user out of a group; yourself, to leave it. Nothing after this reaches them.',
    budget: 'write',
    input: Closed({ conversationId: ConversationId, userId: UserId }),
    output: Closed({
      conversationId: ConversationId,
      userId: UserId,
      untilSeq: described(Seq, 'The last message that they may see.'),
    }),
    errors: ['not_found', 'not_member', 'forbidden', 'outcome_unknown'],
    http: { method: 'DELETE', path: '/v1/conversations/:conversationId/members/:userId' },
  },
} as const satisfies Record<string, Command>;
