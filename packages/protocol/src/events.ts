import { type Static, type TObject, Type } from 'typebox';
import { closings } from './closings.ts';
import { Conversation, ConversationKind, ConversationStatus, Member, Receipt, Title } from './conversation.ts';
import { type Limits, limits } from './limits.ts';
import { Message } from './message.ts';
import { Presence } from './presence.ts';
import {
  Closed,
  ConversationId,
  Count,
  described,
  Emoji,
  Epoch,
  MessageId,
  Rev,
  Role,
  Seq,
  Time,
  Unread,
  UserId,
} from './values.ts';

type Event = {
  summary: string;
  payload: TObject;
  /**
   * What puts the event in order: `seq` and `rev` are dense per conversation, sequenced by the node and repaired when
   * lost; `none` is a hint that may be lost and is never repaired.
   */
  order: 'seq' | 'rev' | 'none';
};

const Head = Closed({ id: ConversationId, lastSeq: Seq, rev: Rev });
export type Head = Static<typeof Head>;

export const LimitValues = Type.Unsafe<Record<keyof Limits, number>>(
  Closed(
    Object.fromEntries(
      Object.keys(limits).map((name) => [name, Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })]),
    ),
    {
      title: 'Limits',
      description: 'Every limit of §11, by its name, as a whole number.',
    },
  ),
);

/** Every event that a server sends, by its name on the wire. */
export const events = {
  'session.ready': {
    summary: 'Begins a session: who you are, and the heads of your inbox to compare with.',
    order: 'none',
    payload: Closed({
      userId: UserId,
      role: Role,
      space: Type.String({ description: 'The space that you came in by.' }),
      nodeId: Type.String({ description: 'The node that serves you: for support, not for programs.' }),
      epoch: Epoch,
      expiresAt: Type.Optional(described(Time, 'When your token ends; `auth.refresh` before.')),
      limits: LimitValues,
      conversations: Type.Array(Conversation, {
        maxItems: limits.headsMax,
        description: 'Your inbox, most recent first.',
      }),
      next: Type.Optional(Type.String({ description: 'More of the inbox: `conversation.list {after: next}`.' })),
      unreadTotal: Unread('All that is unread in all of your conversations.'),
    }),
  },
  'message.created': { summary: 'A message was stored.', order: 'seq', payload: Message },
  'message.edited': { summary: 'A message has another body.', order: 'rev', payload: Message },
  'message.deleted': { summary: 'A message became a tombstone.', order: 'rev', payload: Message },
  'reaction.changed': {
    summary: 'Somebody reacted to a message, or took a reaction back.',
    order: 'rev',
    payload: Closed({
      conversationId: ConversationId,
      rev: described(Rev, 'The change that this is.'),
      userId: described(UserId, 'Whose reaction it is.'),
      emoji: Emoji,
      reacted: Type.Boolean({ description: 'Whether the reaction is there now.' }),
      message: described(Message, 'As it is now, with all of its reactions.'),
    }),
  },
  'receipt.advanced': {
    summary: 'A member received or read further. Only in conversations of up to `smallConversationMembersMax` members.',
    order: 'rev',
    payload: Closed({
      conversationId: ConversationId,
      rev: described(Rev, 'The change that this is.'),
      ...Receipt.properties,
      messageIds: Type.Optional(
        Type.Array(MessageId, {
          description: 'Messages that were read by themselves, while others before them were not.',
        }),
      ),
    }),
  },
  'conversation.changed': {
    summary: 'A conversation came into being, or its title, status or members changed.',
    order: 'rev',
    payload: Closed({
      conversationId: ConversationId,
      rev: described(Rev, 'The change that this is.'),
      kind: ConversationKind,
      title: Type.Optional(Title),
      status: ConversationStatus,
      lastSeq: described(Seq, 'The newest message.'),
      memberCount: Count('Its members now.'),
      membershipVersion: Count('Grows with every change of members.'),
      members: Type.Array(Member, { description: 'Those that came, went (with `untilSeq`) or changed.' }),
    }),
  },
  'typing.changed': {
    summary: 'A member began or stopped typing.',
    order: 'none',
    payload: Closed({
      conversationId: ConversationId,
      userId: UserId,
      typing: Type.Boolean({ description: 'Whether they type now.' }),
    }),
  },
  'viewing.changed': {
    summary: 'A member began or stopped looking at a conversation, on one of their connections.',
    order: 'none',
    payload: Closed({
      conversationId: ConversationId,
      userId: UserId,
      viewing: Type.Boolean({ description: 'Whether they look at it now.' }),
    }),
  },
  'notification.raised': {
    summary:
      'Something came in a conversation at which none of your devices looks; to sessions that ask for it, and at most once a second of each conversation.',
    order: 'none',
    payload: Closed({
      conversationId: ConversationId,
      unread: Unread('What you have not read there, counted just now.'),
      lastMessage: Type.Optional(described(Message, 'The newest one; left out where it would be too long.')),
    }),
  },
  'presence.changed': {
    summary: 'Watched users changed their presence; coalesced.',
    order: 'none',
    payload: Closed({ presences: Type.Array(Presence, { description: 'Those that changed.' }) }),
  },
  heads: {
    summary: 'The heads of some of your conversations: what lies beyond yours was missed, `sync` it.',
    order: 'none',
    payload: Closed({
      epoch: Epoch,
      conversations: Type.Array(Head, { maxItems: limits.headsMax, description: 'Their newest message and change.' }),
    }),
  },
  'server.migrate': {
    summary: 'This node will leave: connect again within `afterMs`, first the new session, then end this one.',
    order: 'none',
    payload: Closed({ afterMs: Count('The time to move within, in ms.') }),
  },
  'session.closing': {
    summary: 'The server is about to end this session; the code says why and what to do.',
    order: 'none',
    payload: Closed({
      code: Type.Enum(Object.keys(closings) as (keyof typeof closings)[], { description: 'Why, and what to do (§2).' }),
      message: Type.String({ description: 'For people.' }),
      retryAfterMs: Type.Optional(Count('The least to wait before you come back, in ms.')),
    }),
  },
} as const satisfies Record<string, Event>;

export type Events = typeof events;
export type EventName = keyof Events;
export type Payload<N extends EventName> = Static<Events[N]['payload']>;
export const eventNames = Object.keys(events) as EventName[];
