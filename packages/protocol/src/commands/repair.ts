import { Type } from 'typebox';
import { Conversation, Member, Receipt } from '../conversation.ts';
import { limits } from '../limits.ts';
import { Message } from '../message.ts';
import { Closed, ConversationId, described, Epoch, Rev, Seq } from '../values.ts';
import type { Command } from './command.ts';

/** What one conversation did since the cursor that the client gave. */
export const SyncAnswer = Closed(
  {
    id: ConversationId,
    status: Type.Union([Type.Literal('ok'), Type.Literal('limited'), Type.Literal('gone')], {
      description:
        '`ok`: everything after the cursor, up to the new cursor. `limited`: too far behind, here is the newest page; older ones come from `history.page`. `gone`: you are no member (any longer), and this is the last that was yours.',
    }),
    messages: Type.Array(Message, { description: 'New messages, ascending and dense by `seq`.' }),
    changed: Type.Array(Message, { description: 'Known messages that changed, as they are now, ascending by `rev`.' }),
    members: Type.Array(Member, { description: 'Members that came, went or changed, as they are now.' }),
    receipts: Type.Array(Receipt, { description: 'Watermarks that advanced, in small conversations.' }),
    conversation: Type.Optional(
      described(Conversation, 'As you see it now, without `lastMessage`: in the answer that brings you to its head.'),
    ),
    seq: described(Seq, 'The new cursor: all messages up to here are in your hands.'),
    rev: described(Rev, 'The new cursor: all changes up to here are in your hands.'),
    more: Type.Boolean({
      description: 'Call again with the new cursor: this answer was cut by `syncBytesMax` or a page.',
    }),
  },
  { $id: 'SyncAnswer', description: 'What one conversation did since the cursor that you gave.' },
);
export type SyncAnswer = Type.Static<typeof SyncAnswer>;

const Limit = Type.Integer({
  minimum: 1,
  maximum: limits.pageMax,
  default: limits.pageDefault,
  description: 'Messages on the page.',
});

export const repairCommands = {
  'history.page': {
    summary: 'A page of messages, ascending, before or after a number; the newest page when neither is given.',
    budget: 'read',
    input: Closed({
      conversationId: ConversationId,
      beforeSeq: Type.Optional(described(Seq, 'The page ends before this message. Not together with `afterSeq`.')),
      afterSeq: Type.Optional(described(Seq, 'The page begins after this message. Not together with `beforeSeq`.')),
      limit: Type.Optional(Limit),
    }),
    output: Closed({
      messages: Type.Array(Message, { description: 'Ascending by `seq`; fewer than `limit` where they are long.' }),
      firstSeq: described(Seq, 'The oldest message that you may read: before it lies an empty page, and no `more`.'),
      lastSeq: described(Seq, 'The newest message that you may read.'),
      more: Type.Boolean({
        description: 'Whether messages lie beyond this page, in the direction that was asked for.',
      }),
      epoch: Epoch,
    }),
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/conversations/:conversationId/messages' },
  },
  sync: {
    summary: 'Everything that happened since the cursors that you hold, exactly, after any absence.',
    budget: 'read',
    input: Closed({
      epoch: described(Epoch, 'The one that your cursors belong to.'),
      conversations: Type.Array(Closed({ id: ConversationId, seq: Seq, rev: Rev }), {
        maxItems: limits.headsMax,
        description: 'Your cursors: all messages up to `seq` and all changes up to `rev` are applied.',
      }),
    }),
    output: Closed({
      epoch: Epoch,
      reset: Type.Boolean({ description: 'Another epoch: forget what you hold, and read the newest pages anew.' }),
      conversations: Type.Array(SyncAnswer, { description: 'One for each cursor, unless `reset`.' }),
    }),
    errors: [],
    http: { method: 'POST', path: '/v1/sync' },
  },
} as const satisfies Record<string, Command>;
