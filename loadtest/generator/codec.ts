import { connectFrame, eventFrame, eventHead, type Head, headOf, payloadOf } from '../lib/wire.ts';
import type { Seat, SystemName } from './plan.ts';

export type Outcome = 'stored' | { code: string; retryAfterMs: number };

/** What differs between two systems that both speak Socket.IO. Only `ready` and a refusal are ever parsed. */
export type Codec = {
  connect(seat: Seat): string;
  /** How the event begins after which a client may send and hears everything. */
  readyHead: string;
  /** The number that the conversation has reached, where the system numbers. */
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

export const codecs: Record<SystemName, Codec> = {
  parley: {
    connect: (seat) => connectFrame({ token: seat.token }),
    readyHead: eventHead('session.ready'),
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
    readyHead: '42["ready"',
    reached: () => undefined,
    send: (id, { conversationId }, clientId, body) =>
      eventFrame(['message:send', { conversationId, clientId, body }], { id }),
    outcome: (frame, head) => (frame.startsWith('[{"id":', head.at) ? 'stored' : refusal(frame, head)),
    deliveryHead: Buffer.from(eventHead('message:new')),
    numberKey: undefined,
  },
};

function refusal(frame: string, head: Head): Outcome {
  const [{ error }] = payloadOf(frame, head) as Refused;
  if (typeof error === 'string') return { code: error, retryAfterMs: retryMs };
  return { code: error?.code ?? 'unreadable', retryAfterMs: error?.retryAfterMs ?? retryMs };
}

const retryMs = 50;
