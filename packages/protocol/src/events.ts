import { type Static, type TObject, Type } from 'typebox';
import { closings } from './closings.ts';
import { Conversation, ConversationKind, Member, Receipt, Title } from './conversation.ts';
import { type Limits, limits } from './limits.ts';
import { Message } from './message.ts';
import { Presence } from './presence.ts';
import { Closed, ConversationId, Epoch, Rev, Role, Seq, Time, UserId } from './values.ts';

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

const LimitValues = Closed(
  Object.fromEntries(Object.keys(limits).map((name) => [name, Type.Integer()])) as Record<keyof Limits, Type.TInteger>,
);

/** Every event that a server sends, by its name on the wire. */
export const events = {
  'session.ready': {
    summary: 'Begins a session: who you are, and the heads of your inbox to compare with.',
    order: 'none',
    payload: Closed({
      userId: UserId,
      role: Role,
      space: Type.String(),
      nodeId: Type.String(),
      epoch: Epoch,
      expiresAt: Type.Optional(Time),
      limits: LimitValues,
      conversations: Type.Array(Conversation, { maxItems: limits.headsMax }),
      next: Type.Optional(Type.String({ description: 'More of the inbox: `conversation.list {after: next}`.' })),
      unreadTotal: Type.Integer({ minimum: 0, maximum: limits.unreadMax }),
    }),
  },
  'message.created': { summary: 'A message was stored.', order: 'seq', payload: Message },
  'message.edited': { summary: 'A message has another body.', order: 'rev', payload: Message },
  'message.deleted': { summary: 'A message became a tombstone.', order: 'rev', payload: Message },
  'receipt.advanced': {
    summary: 'A member received or read further. Only in conversations of up to `smallConversationMembersMax` members.',
    order: 'rev',
    payload: Closed({ conversationId: ConversationId, rev: Rev, ...Receipt.properties }),
  },
  'conversation.changed': {
    summary: 'A conversation came into being, or its title or members changed.',
    order: 'rev',
    payload: Closed({
      conversationId: ConversationId,
      rev: Rev,
      kind: ConversationKind,
      title: Type.Optional(Title),
      lastSeq: Seq,
      memberCount: Type.Integer({ minimum: 0 }),
      membershipVersion: Type.Integer({ minimum: 0 }),
      members: Type.Array(Member, { description: 'Those that came, went (with `untilSeq`) or changed.' }),
    }),
  },
  'typing.changed': {
    summary: 'A member began or stopped typing.',
    order: 'none',
    payload: Closed({ conversationId: ConversationId, userId: UserId, typing: Type.Boolean() }),
  },
  'presence.changed': {
    summary: 'Watched users changed their presence; coalesced.',
    order: 'none',
    payload: Closed({ presences: Type.Array(Presence) }),
  },
  heads: {
    summary: 'The heads of some of your conversations: what lies beyond yours was missed, `sync` it.',
    order: 'none',
    payload: Closed({ epoch: Epoch, conversations: Type.Array(Head, { maxItems: limits.headsMax }) }),
  },
  'server.migrate': {
    summary: 'This node will leave: connect again within `afterMs`, first the new session, then end this one.',
    order: 'none',
    payload: Closed({ afterMs: Type.Integer({ minimum: 0 }) }),
  },
  'session.closing': {
    summary: 'The server is about to end this session; the code says why and what to do.',
    order: 'none',
    payload: Closed({
      code: Type.Enum(Object.keys(closings) as (keyof typeof closings)[]),
      message: Type.String(),
      retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
    }),
  },
} as const satisfies Record<string, Event>;

export type Events = typeof events;
export type EventName = keyof Events;
export type Payload<N extends EventName> = Static<Events[N]['payload']>;
export const eventNames = Object.keys(events) as EventName[];
