import { Type } from 'typebox';
import { limits } from './limits.ts';
import { Message } from './message.ts';
import { Closed, ConversationId, Count, described, Rev, Unread, Seq, Text, Time, UserId } from './values.ts';

export const ConversationKind = Type.Union(
  [Type.Literal('direct'), Type.Literal('group'), Type.Literal('support'), Type.Literal('announcement')],
  {
    title: 'ConversationKind',
    description:
      '`direct`: two users, one conversation for each pair. `support`: a user and the staff, who are the one member `agents`. `announcement`: one for each space, written by its admins and read by everybody.',
  },
);
export type ConversationKind = Type.Static<typeof ConversationKind>;

export const ConversationStatus = Type.Union(
  [Type.Literal('active'), Type.Literal('archived'), Type.Literal('closed')],
  {
    title: 'ConversationStatus',
    description: '`archived`: put away, and nothing is refused. `closed`: no new messages and no edits.',
  },
);
export type ConversationStatus = Type.Static<typeof ConversationStatus>;

export const MemberRole = Type.Union([Type.Literal('owner'), Type.Literal('admin'), Type.Literal('member')], {
  title: 'MemberRole',
  description: 'What a member may in the conversation: owners and admins add and remove others.',
});
export type MemberRole = Type.Static<typeof MemberRole>;

export const Title = Text(limits.titleCharsMax, {
  minLength: 1,
  title: 'Title',
  description: "A group's title: more than blanks.",
});

const fromSeq = described(Seq, 'The membership begins after this message.');
const untilSeq = Type.Optional(described(Seq, 'The last message of the membership; absent while it lasts.'));
const readSeq = described(Seq, 'All up to here was read.');
const readBeyond = Type.Optional(
  Type.Array(Closed({ first: Seq, last: Seq }), {
    maxItems: limits.readRangesMax,
    description: 'What was read beyond `readSeq`, message by message: ranges, both ends included. Absent: nothing.',
  }),
);
const deliveredSeq = described(Seq, 'All up to here reached a device.');

/** A member and the interval of `seq` that they see: `fromSeq` exclusive, `untilSeq` inclusive and only once they are gone. */
export const Member = Closed(
  {
    userId: UserId,
    role: MemberRole,
    fromSeq,
    untilSeq,
    readSeq,
    readBeyond,
    deliveredSeq,
    mutedUntil: Type.Optional(described(Time, 'Until then their messages and edits are refused.')),
  },
  { $id: 'Member', description: 'A member of a conversation, present or past.' },
);
export type Member = Type.Static<typeof Member>;

/** How far one member is. A receipt only ever advances. */
export const Receipt = Closed(
  { userId: UserId, readSeq, readBeyond, deliveredSeq, at: described(Time, 'When it last advanced.') },
  { $id: 'Receipt', description: 'How far one member is. It only ever advances.' },
);
export type Receipt = Type.Static<typeof Receipt>;

/** Who types now: said where it is asked for. */
export const AskTyping = Type.Boolean({ description: 'Also say who types now, in `typingIds`.' });
export const typingIds = Type.Optional(
  Type.Array(UserId, {
    minItems: 1,
    maxItems: 2,
    description: 'Who of the two types now. Absent: nobody, nobody can tell, or you did not ask with `typing`.',
  }),
);

/** A conversation as one member sees it: the facts, the heads to compare with, and what is unread. */
export const Conversation = Closed(
  {
    id: ConversationId,
    kind: ConversationKind,
    title: Type.Optional(described(Title, 'Of a group.')),
    status: ConversationStatus,
    peerId: Type.Optional(described(UserId, 'The other one of a direct conversation or a support thread.')),
    memberCount: Count('Its members now; 0 in announcements, which everybody reads.'),
    membershipVersion: Count('Grows with every change of members.'),
    firstSeq: described(Seq, 'The oldest message that is kept.'),
    lastSeq: described(Seq, 'The newest message: compare it with your cursor (§6).'),
    rev: described(Rev, 'The newest change: compare it with your cursor (§6).'),
    fromSeq: described(Seq, 'Your membership begins after this message.'),
    untilSeq: Type.Optional(described(Seq, 'The last message of your membership; absent while it lasts.')),
    readSeq: described(Seq, 'You read all up to here.'),
    readBeyond,
    deliveredSeq: described(Seq, 'All up to here reached a device of yours.'),
    unread: Unread('What you have not read, by the rule of §7.'),
    typingIds,
    lastMessage: Type.Optional(described(Message, 'The newest one; left out where the answer would be too long.')),
    createdAt: Time,
    lastAt: described(
      Time,
      'When the newest message was stored, else when the conversation was made: lists sort by it.',
    ),
  },
  {
    $id: 'Conversation',
    description: 'A conversation as you see it: the facts, the heads to compare with, and what is unread.',
  },
);
export type Conversation = Type.Static<typeof Conversation>;
