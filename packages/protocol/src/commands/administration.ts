import { Type } from 'typebox';
import { AuditEntry, Ban, Deed, MonitoredConversation, Reason } from '../administration.ts';
import { AskTyping, ConversationStatus } from '../conversation.ts';
import { Message } from '../message.ts';
import { Closed, ConversationId, Count, described, Seq, Time, UserId } from '../values.ts';
import type { Command } from './command.ts';
import { Limit, Offset, ReadMarks } from './pages.ts';

/** What the admins of a space do and see. All that they do is written down in the transaction that does it. */
export const administrationCommands = {
  'user.ban': {
    summary:
      "Lets a user in no longer, whatever their token: until a time, or for good. Ends the user's sessions on every node. Again replaces the ban. Not oneself.",
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({
      userId: UserId,
      reason: Type.Optional(Reason),
      until: Type.Optional(described(Time, 'Absent: for good. A time that has passed bans nobody.')),
    }),
    output: Closed({ ban: Ban }),
    errors: ['forbidden', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/users/:userId/ban' },
  },
  'user.unban': {
    summary: 'Lets a banned user in again, with the tokens that they have.',
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({ userId: UserId }),
    output: Closed({ changed: Type.Boolean({ description: 'Whether there was a ban.' }) }),
    errors: ['outcome_unknown'],
    http: { method: 'DELETE', path: '/v1/users/:userId/ban' },
  },
  'ban.list': {
    summary: 'The bans that hold now, by user id, by position.',
    budget: 'read',
    access: 'admin',
    over: 'http',
    input: Closed({ offset: Type.Optional(Offset), limit: Type.Optional(Limit('Bans')) }),
    output: Closed({
      bans: Type.Array(Ban, { description: 'Ascending by user id.' }),
      total: Count('Bans on all pages.'),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/bans' },
  },
  'moderation.conversations': {
    summary: 'All conversations of the space, the newest made first, by position or by cursor, and how many there are.',
    budget: 'read',
    access: 'admin',
    over: 'http',
    input: Closed({
      status: Type.Optional(described(ConversationStatus, 'Only those with this status.')),
      before: Type.Optional(described(ConversationId, 'Where the last page ended: the id of its last conversation.')),
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit('Conversations')),
      typing: Type.Optional(AskTyping),
    }),
    output: Closed({
      conversations: Type.Array(MonitoredConversation, { description: 'The newest made first.' }),
      total: Count('Conversations with this status, wherever the page is.'),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/moderation/conversations' },
  },
  'moderation.history': {
    summary:
      'A page of messages of any conversation, ascending, before or after a number, or at a position; the newest page when none is given. That it was read is written down before it is answered.',
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({
      conversationId: ConversationId,
      beforeSeq: Type.Optional(described(Seq, 'The newest page before this message.')),
      afterSeq: Type.Optional(described(Seq, 'The oldest page after this message.')),
      offset: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'How many to leave out from the newest on, deleted ones aside.',
        }),
      ),
      limit: Type.Optional(Limit('Messages')),
      typing: Type.Optional(AskTyping),
    }),
    output: Closed({
      conversation: MonitoredConversation,
      messages: Type.Array(Message, {
        description:
          'Ascending and dense by `seq`; may hold fewer than `limit`. By `offset` whole, without what is deleted.',
      }),
      receipts: ReadMarks,
      more: Type.Boolean({ description: 'There are more in this direction.' }),
    }),
    errors: ['not_found', 'outcome_unknown'],
    http: { method: 'GET', path: '/v1/moderation/conversations/:conversationId/messages' },
  },
  'audit.list': {
    summary: 'What admins did in this space, newest first.',
    budget: 'read',
    access: 'admin',
    over: 'http',
    input: Closed({
      byId: Type.Optional(described(UserId, 'Only what this admin did.')),
      userId: Type.Optional(described(UserId, 'Only what was done to this user.')),
      deed: Type.Optional(described(Deed, 'Only this.')),
      before: Type.Optional(Count('Where the last page ended: the `no` of its last entry.')),
      limit: Type.Optional(Limit('Entries')),
    }),
    output: Closed({
      entries: Type.Array(AuditEntry, { description: 'Newest first.' }),
      more: Type.Boolean({ description: 'There are older ones: ask with `before`.' }),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/audit' },
  },
} as const satisfies Record<string, Command>;
