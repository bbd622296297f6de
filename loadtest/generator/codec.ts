import { connectFrame, eventFrame, eventHead, type Head, headOf, payloadOf } from '../lib/wire.ts';
import type { Outcome } from './client.ts';
import type { CodecName, Seat } from './plan.ts';

/** What differs between two systems that both speak Socket.IO. Only `ready` and a refusal are ever parsed. */
export type Codec = {
  connect(seat: Seat): string;
  /** When a client may send and hears everything: after the event that begins so, or once what it says first is answered. */
  ready: { head: string } | { first: (seat: Seat) => string };
  /** The number that the conversation has reached when a client is ready, where the system numbers. */
  reached(ready: string, seat: Seat): number | undefined;
  send(id: number, seat: Seat, clientId: string, body: string): string;
  /** Reads the frame of an answer. */
  outcome(frame: string, head: Head): Outcome;
  /** How a delivery begins. */
  deliveryHead: Buffer;
  /** What stands before a message's number, and nowhere before it in the frame. */
  numberKey: Buffer | undefined;
};

type Ready = [string, { conversations: { id: string; lastSeq: number }[] }];
type Refused = [{ error?: { code?: string; retryAfterMs?: number } | string }];

/**
 * direct-chat names a conversation `2³⁰ + no` and a message `2⁵² + no · 2²² + seq`: one after the other. The integers below
 * are those of products that moved in.
 */
export const conversationsFrom = 2 ** 30;
const messagesFrom = 2 ** 52;
const messagesOfConversation = 2 ** 22;

export const codecs: Record<CodecName, Codec> = {
  parley: {
    connect: (seat) => connectFrame({ token: seat.token }),
    ready: { head: eventHead('session.ready') },
    reached(ready, seat) {
      const head = headOf(ready);
      if (!head) return undefined;
      const [, { conversations }] = payloadOf(ready, head) as Ready;
      return conversations.find(({ id }) => id === seat.conversationId)?.lastSeq;
    },
    send: (id, { conversationId }, clientId, body) =>
      eventFrame(['message.send', { conversationId, clientId, body }], { id }),
    outcome: (frame, head) => (frame.startsWith('[{"ok":true', head.at) ? 'stored' : refusal(frame, head)),
    deliveryHead: Buffer.from(eventHead('message.created')),
    numberKey: Buffer.from('"seq":'),
  },
  baseline: {
    connect: (seat) => connectFrame({ userId: seat.userId, conversationIds: [seat.conversationId] }),
    ready: { head: '42["ready"' },
    reached: () => undefined,
    send: (id, { conversationId }, clientId, body) =>
      eventFrame(['message:send', { conversationId, clientId, body }], { id }),
    outcome: (frame, head) => (frame.startsWith('[{"id":', head.at) ? 'stored' : refusal(frame, head)),
    deliveryHead: Buffer.from(eventHead('message:new')),
    numberKey: undefined,
  },
  'direct-chat': {
    connect: (seat) => connectFrame({ token: seat.token }),
    ready: {
      first: (seat) => eventFrame(['join_conversation', { conversationId: Number(seat.conversationId) }], { id: 0 }),
    },
    reached: (_ready, seat) =>
      messagesFrom + (Number(seat.conversationId) - conversationsFrom) * messagesOfConversation,
    // It has no clientId: a message that is sent again is a new one, which the audit finds by its body.
    send: (id, seat, _clientId, content) =>
      eventFrame(
        ['send_message', { receiverId: Number(seat.peerId), conversationId: Number(seat.conversationId), content }],
        { id },
      ),
    outcome: (frame, head) => (frame.startsWith('[{"ok":true', head.at) ? 'stored' : refusal(frame, head)),
    deliveryHead: Buffer.from(eventHead('new_message')),
    numberKey: Buffer.from('"id":'),
  },
};

function refusal(frame: string, head: Head): Outcome {
  const [{ error }] = payloadOf(frame, head) as Refused;
  if (typeof error === 'string') return { code: error, retryAfterMs: retryMs };
  return { code: error?.code ?? 'unreadable', retryAfterMs: error?.retryAfterMs ?? retryMs };
}

const retryMs = 50;
