import { Type } from 'typebox';
import { Attachments } from './attachment.ts';
import { limits } from './limits.ts';
import { Reactions } from './reaction.ts';
import { ClientId, Closed, ConversationId, described, MessageId, Rev, Seq, Text, Time, UserId } from './values.ts';

export const MessageKind = Type.Union(
  [Type.Literal('text'), Type.Literal('image'), Type.Literal('file'), Type.Literal('system')],
  {
    title: 'MessageKind',
    description:
      'How to show it: what is said, a picture or a file with a body beside it; `system`: the server wrote it.',
  },
);
export type MessageKind = Type.Static<typeof MessageKind>;

export const Body = Text(limits.bodyCharsMax, {
  minLength: 1,
  title: 'Body',
  description: 'What is said. Kept as it is: no character is changed or trimmed.',
});

/** A message on the wire. A deleted one keeps its numbers and loses what it said: a tombstone. */
export const Message = Closed(
  {
    id: MessageId,
    conversationId: ConversationId,
    seq: Seq,
    rev: described(Rev, 'The `rev` of its last change; 0 when it never changed.'),
    senderId: described(UserId, 'Who said it.'),
    clientId: Type.Optional(described(ClientId, 'The one that its send carried, in lower case.')),
    kind: MessageKind,
    body: Text(limits.bodyCharsMax, { description: 'What was said; empty once it is deleted.' }),
    attachments: Type.Optional(Attachments),
    replyTo: Type.Optional(described(MessageId, 'The message of the same conversation that it answers.')),
    reactions: Type.Optional(Reactions),
    createdAt: described(Time, 'When it was stored.'),
    editedAt: Type.Optional(described(Time, 'When its body was last replaced.')),
    deletedAt: Type.Optional(described(Time, 'When it was deleted: it is a tombstone then.')),
  },
  { $id: 'Message', description: 'A message. A deleted one keeps its numbers and loses what it said: a tombstone.' },
);
export type Message = Type.Static<typeof Message>;
