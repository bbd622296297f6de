import { Type } from 'typebox';
import { Conversation, Member, Receipt } from '../conversation.ts';
import { limits } from '../limits.ts';
import { Message } from '../message.ts';
import { Closed, ConversationId, Epoch, Rev, Seq } from '../values.ts';
import type { Command } from './command.ts';

/** What one conversation did since the cursor that the client gave. */
export const SyncAnswer = Closed(
  {
    id: ConversationId,
    status: Type.Union([Type.Literal('ok'), Type.Literal('limited'), Type.Literal('gone')], {
      description:
        '`ok`: everything after the cursor, up to the new cursor. `limited`: too far behind, here is the newest page; older ones come from `history.page`. `gone`: you are no member (any longer).',
    }),
    messages: Type.Array(Message, { description: 'New messages, ascending and dense by `seq`.' }),
    changed: Type.Array(Message, { description: 'Known messages that changed, as they are now, ascending by `rev`.' }),
    members: Type.Array(Member, { description: 'Members that came, went or changed, as they are now.' }),
    receipts: Type.Array(Receipt, { description: 'Watermarks that advanced, in small conversations.' }),
    conversation: Type.Optional(Conversation),
    seq: Seq,
    rev: Rev,
    more: Type.Boolean({
      description: 'Call again with the new cursor: this answer was cut by `syncBytesMax` or a page.',
    }),
  },
  { $id: 'SyncAnswer' },
);
export type SyncAnswer = Type.Static<typeof SyncAnswer>;

const Limit = Type.Integer({ minimum: 1, maximum: limits.pageMax, default: limits.pageDefault });

export const repairCommands = {
  'history.page': {
    summary: 'A page of messages, ascending, before or after a number; the newest page when neither is given.',
    budget: 'read',
    input: Closed({
      conversationId: ConversationId,
      beforeSeq: Type.Optional(Seq),
      afterSeq: Type.Optional(Seq),
      limit: Type.Optional(Limit),
    }),
    output: Closed({
      messages: Type.Array(Message),
      firstSeq: Seq,
      lastSeq: Seq,
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
      epoch: Epoch,
      conversations: Type.Array(Closed({ id: ConversationId, seq: Seq, rev: Rev }), { maxItems: limits.headsMax }),
    }),
    output: Closed({
      epoch: Epoch,
      reset: Type.Boolean({ description: 'Another epoch: forget what you hold, and read the newest pages anew.' }),
      conversations: Type.Array(SyncAnswer),
    }),
    errors: [],
    http: { method: 'POST', path: '/v1/sync' },
  },
} as const satisfies Record<string, Command>;
