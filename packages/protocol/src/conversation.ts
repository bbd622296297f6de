import { Type } from 'typebox';
import { limits } from './limits.ts';
import { Message } from './message.ts';
import { Closed, ConversationId, Rev, Seq, Text, Time, UserId } from './values.ts';

export const ConversationKind = Type.Union([Type.Literal('direct'), Type.Literal('group')]);
export type ConversationKind = Type.Static<typeof ConversationKind>;

export const MemberRole = Type.Union([Type.Literal('owner'), Type.Literal('admin'), Type.Literal('member')]);
export type MemberRole = Type.Static<typeof MemberRole>;

export const Title = Text(limits.titleCharsMax, { minLength: 1 });

/** A member and the interval of `seq` that they see: `fromSeq` exclusive, `untilSeq` inclusive and only once they are gone. */
export const Member = Closed(
  {
    userId: UserId,
    role: MemberRole,
    fromSeq: Seq,
    untilSeq: Type.Optional(Seq),
    readSeq: Seq,
    deliveredSeq: Seq,
  },
  { $id: 'Member' },
);
export type Member = Type.Static<typeof Member>;

/** How far one member is. A receipt only ever advances. */
export const Receipt = Closed({ userId: UserId, readSeq: Seq, deliveredSeq: Seq, at: Time }, { $id: 'Receipt' });
export type Receipt = Type.Static<typeof Receipt>;

/** A conversation as one member sees it: the facts, the heads to compare with, and what is unread. */
export const Conversation = Closed(
  {
    id: ConversationId,
    kind: ConversationKind,
    title: Type.Optional(Title),
    peerId: Type.Optional(UserId),
    memberCount: Type.Integer({ minimum: 0 }),
    membershipVersion: Type.Integer({ minimum: 0 }),
    firstSeq: Seq,
    lastSeq: Seq,
    rev: Rev,
    fromSeq: Seq,
    untilSeq: Type.Optional(Seq),
    readSeq: Seq,
    deliveredSeq: Seq,
    unread: Type.Integer({ minimum: 0, maximum: limits.unreadMax }),
    lastMessage: Type.Optional(Message),
    createdAt: Time,
    lastAt: Time,
  },
  { $id: 'Conversation' },
);
export type Conversation = Type.Static<typeof Conversation>;
