import type { Telling } from '@parley/core';
import type { Dialect } from '@parley/dialects';
import { type About, type Payload, parseConversationId } from '@parley/protocol';
import { type Packet, packetsOf } from './packet.ts';
import { inboxRoom, roomsOf } from './rooms.ts';
import { type Subject, subjectOf } from './subject.ts';

/**
 * What a room hears. `seq` and `rev` are emitted in order, once, without holes; a `hint` at once or not at all; `join`
 * and `leave` are hints in an inbox that also move its user's sockets into, or out of, the room of a conversation.
 */
export const frameKinds = ['hint', 'seq', 'rev', 'join', 'leave'] as const;
export type FrameKind = (typeof frameKinds)[number];

export type Frame = {
  readonly kind: FrameKind;
  /** The conversation, or 0. */
  readonly no: number;
  /** The `seq` or `rev` that puts it in order, or 0. */
  readonly number: number;
  readonly membershipVersion: number;
  /** The message that must have been told before, or 0: an edit makes no sense before its message; a `leave` comes last. */
  readonly needsSeq: number;
  /** Whose doing is told, where some dialect lets them hear it differently; else empty. */
  readonly actorId: string;
  readonly packets: readonly Packet[];
};

export type Addressed = { room: string; frame: Frame };

/** Encodes a telling once per voice and addresses it: one room per emit. */
export function framesOf(telling: Telling, dialects: readonly Dialect[], about: About): Addressed[] {
  const { audience, order } = telling;
  const packets = packetsOf(dialects, telling.name, telling.payload, about);
  if (!order && telling.name === 'conversation.changed' && audience.kind === 'inboxes') {
    return newsFor(audience.space, audience.userIds, telling.payload, packets);
  }
  const subject = subjectOf(telling, dialects);
  const frame = order ? ordered(telling, order, subject.actorId, packets) : hintOf(packets, subject);
  return roomsOf(audience).map((room) => ({ room, frame }));
}

export function hintOf(packets: readonly Packet[], { no = 0, actorId }: Pick<Subject, 'no' | 'actorId'>): Frame {
  return { kind: 'hint', no, number: 0, membershipVersion: 0, needsSeq: 0, actorId, packets };
}

/** A member who came or went hears of it in the inbox, because they are not in the conversation's room yet, or no longer. */
export function newsFor(
  space: string,
  userIds: readonly string[],
  payload: Payload<'conversation.changed'>,
  packets: readonly Packet[],
): Addressed[] {
  const { conversationId, rev, membershipVersion, lastSeq, members } = payload;
  const no = parseConversationId(conversationId) ?? 0;
  const join: Frame = { kind: 'join', no, number: rev, membershipVersion, needsSeq: lastSeq, actorId: '', packets };
  const ends = new Map(members.map(({ userId, untilSeq }) => [userId, untilSeq]));
  return userIds.map((userId) => {
    const needsSeq = ends.get(userId);
    const frame: Frame = needsSeq === undefined ? join : { ...join, kind: 'leave', needsSeq };
    return { room: inboxRoom(space, userId), frame };
  });
}

function ordered(
  telling: Telling,
  order: NonNullable<Telling['order']>,
  actorId: string,
  packets: readonly Packet[],
): Frame {
  const { no, membershipVersion } = order;
  return 'seq' in order
    ? { kind: 'seq', no, number: order.seq, membershipVersion, needsSeq: 0, actorId, packets }
    : { kind: 'rev', no, number: order.rev, membershipVersion, needsSeq: neededBy(telling), actorId, packets };
}

/** The last message that existed when this was told, as far as the event itself says. */
export function neededBy({ name, payload }: Pick<Telling, 'name' | 'payload'> & Telling): number {
  if (name === 'message.edited' || name === 'message.deleted') return payload.seq;
  if (name === 'reaction.changed') return payload.message.seq;
  if (name === 'receipt.advanced') {
    const { readSeq, deliveredSeq, readBeyond = [] } = payload;
    return Math.max(readSeq, deliveredSeq, ...readBeyond.map(({ last }) => last));
  }
  return name === 'conversation.changed' ? payload.lastSeq : 0;
}
