import { Type } from 'typebox';
import { limits } from './limits.ts';
import { ClientId, Closed, ConversationId, MessageId, Rev, Seq, Text, Time, UserId } from './values.ts';

export const MessageKind = Type.Union([Type.Literal('text'), Type.Literal('system')]);
export type MessageKind = Type.Static<typeof MessageKind>;

export const Body = Text(limits.bodyCharsMax, { minLength: 1, description: 'What was said.' });

/** A message on the wire. A deleted one keeps its numbers and loses its `body`: a tombstone. */
export const Message = Closed(
  {
    id: MessageId,
    conversationId: ConversationId,
    seq: Seq,
    rev: Rev,
    senderId: UserId,
    clientId: Type.Optional(ClientId),
    kind: MessageKind,
    body: Text(limits.bodyCharsMax),
    replyTo: Type.Optional(MessageId),
    createdAt: Time,
    editedAt: Type.Optional(Time),
    deletedAt: Type.Optional(Time),
  },
  { $id: 'Message' },
);
export type Message = Type.Static<typeof Message>;
