import type { Dialect } from '@parley/dialects';
import { type EventName, parseConversationId, type Payload } from '@parley/protocol';

/** What is told: without whom, and in which order. */
export type Event = { name: EventName; payload: Payload<EventName> };

/** What an event is about: its conversation, those it names, and whose doing it tells. */
export type Subject = {
  readonly no: number | undefined;
  readonly userIds: readonly string[];
  /** Empty where no dialect lets them hear it differently. */
  readonly actorId: string;
};

export function subjectOf({ payload }: Event, dialects: readonly Dialect[]): Subject {
  const actorId = 'senderId' in payload ? payload.senderId : 'userId' in payload ? payload.userId : undefined;
  const isHeard = dialects.some(({ hears }) => hears.includes('own'));
  return {
    no: 'conversationId' in payload ? parseConversationId(payload.conversationId) : undefined,
    userIds: actorId === undefined ? [] : [actorId],
    actorId: isHeard ? (actorId ?? '') : '',
  };
}
