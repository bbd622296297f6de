import { Type } from 'typebox';
import { ConversationKind, ConversationStatus, MemberRole, Title, typingIds } from './conversation.ts';
import { limits } from './limits.ts';
import { Closed, ConversationId, Count, described, MessageId, Seq, Text, Time, UserId } from './values.ts';

export const Reason = Text(limits.reasonCharsMax, { description: 'Why, in words for people.' });

/** What an admin did, by the name of the command that did it. */
export const Deed = Type.Union(
  [
    Type.Literal('user.ban'),
    Type.Literal('user.unban'),
    Type.Literal('user.revoke'),
    Type.Literal('conversation.update'),
    Type.Literal('member.update'),
    Type.Literal('message.delete'),
    Type.Literal('moderation.history'),
    Type.Literal('report.resolve'),
  ],
  {
    title: 'Deed',
    description: 'What an admin did, by the name of the command that did it.',
  },
);
export type Deed = Type.Static<typeof Deed>;

export const Ban = Closed(
  {
    userId: UserId,
    reason: Type.Optional(Reason),
    until: Type.Optional(described(Time, 'When it ends by itself. Absent: never.')),
    byId: described(UserId, 'The admin who banned.'),
    at: described(Time, 'When.'),
  },
  { $id: 'Ban', description: 'A user whom no door lets in for a time.' },
);
export type Ban = Type.Static<typeof Ban>;

export const AuditEntry = Closed(
  {
    no: Count('Its number: later ones are higher, and some are never given.'),
    at: Time,
    byId: described(UserId, 'Who did it.'),
    deed: Deed,
    userId: Type.Optional(described(UserId, 'To whom.')),
    conversationId: Type.Optional(described(ConversationId, 'In which conversation.')),
    messageId: Type.Optional(described(MessageId, 'To which message.')),
    reason: Type.Optional(Reason),
    until: Type.Optional(described(Time, 'Until when.')),
    title: Type.Optional(Title),
    status: Type.Optional(ConversationStatus),
    role: Type.Optional(MemberRole),
  },
  { $id: 'AuditEntry', description: 'Who did what to whom, and when. Never changed and never deleted.' },
);
export type AuditEntry = Type.Static<typeof AuditEntry>;

export const MonitoredConversation = Closed(
  {
    id: ConversationId,
    kind: ConversationKind,
    title: Type.Optional(described(Title, 'Of a group.')),
    status: ConversationStatus,
    peerIds: Type.Optional(
      Type.Array(UserId, { minItems: 2, maxItems: 2, description: 'The two users of a direct conversation.' }),
    ),
    typingIds,
    memberCount: Count('Its members now.'),
    firstSeq: described(Seq, 'The oldest message that is kept.'),
    lastSeq: described(Seq, 'The newest message.'),
    createdAt: Time,
    lastAt: described(Time, 'When the newest message was stored, else when the conversation was made.'),
  },
  { $id: 'MonitoredConversation', description: 'A conversation as an admin of the space sees it, who is no member.' },
);
export type MonitoredConversation = Type.Static<typeof MonitoredConversation>;

export const ReportStatus = Type.Union([Type.Literal('open'), Type.Literal('resolved'), Type.Literal('dismissed')], {
  title: 'ReportStatus',
  description: '`open`: nobody judged it yet. `resolved`: something was done. `dismissed`: nothing had to be done.',
});
export type ReportStatus = Type.Static<typeof ReportStatus>;

const reported = {
  no: Count('Its number: later ones are higher.'),
  messageId: MessageId,
  conversationId: ConversationId,
  reason: Type.Optional(Reason),
  at: described(Time, 'When it was reported first.'),
} as const;

export const OwnReport = Closed(reported, {
  $id: 'OwnReport',
  description: 'What somebody reported, as they see it.',
});
export type OwnReport = Type.Static<typeof OwnReport>;

export const Report = Closed(
  {
    ...reported,
    byId: described(UserId, 'Who reported it.'),
    senderId: described(UserId, 'Who said it.'),
    body: Text(limits.bodyCharsMax, { description: 'What was said when it was reported.' }),
    status: ReportStatus,
    resolvedById: Type.Optional(described(UserId, 'The admin who judged it last.')),
    resolvedAt: Type.Optional(described(Time, 'When.')),
    note: Type.Optional(described(Reason, 'What the admin said about it.')),
  },
  { $id: 'Report', description: 'A message that somebody reported to the admins of the space.' },
);
export type Report = Type.Static<typeof Report>;
