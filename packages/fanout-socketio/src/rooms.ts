import type { Audience, Move } from '@parley/core';
import { staffId } from '@parley/protocol';

/**
 * Every room of the cluster, named here and nowhere else. A name carries its space, so that two spaces never meet, and
 * never has 20 characters: the sharded adapter takes such a name for the id of a socket, whose room has no channel.
 */
export function inboxRoom(space: string, userId: string): string {
  return named('u', `${space}:${userId}`);
}

export function conversationRoom(space: string, no: number): string {
  return named('c', `${space}:${no}`);
}

/** What all of a space's staff hear: the inbox of the member that they are in support threads. */
export function staffRoom(space: string): string {
  return inboxRoom(space, staffId);
}

/** What everybody of a space hears. */
export function everybodyRoom(space: string): string {
  return named('a', space);
}

/** Where what moved is told to whoever has the conversation open, or to everybody; besides the inboxes that it names. */
export function openRoomOf({ space, kind, no }: Move): string {
  return kind === 'announcement' ? everybodyRoom(space) : conversationRoom(space, no);
}

/** Whether the room is that of one conversation: its sockets are members, whatever else they hear. */
export function isConversationRoom(room: string): boolean {
  return room.startsWith('c');
}

/** Where nodes speak to each other: a channel like those of rooms, and the one that is no room's. */
export const everyNode = '';

/** The rooms of an audience. Each hears an event by an emit of its own: one room per emit keeps to one channel. */
export function roomsOf(audience: Audience): readonly string[] {
  const { space, kind } = audience;
  if (kind === 'everybody') return [everybodyRoom(space)];
  return kind === 'conversation'
    ? [conversationRoom(space, audience.no)]
    : audience.userIds.map((userId) => inboxRoom(space, userId));
}

const socketIdChars = 20;

// The longer form differs in its second character, so that it can be no other room's plain name.
function named(kind: 'u' | 'c' | 'a', rest: string): string {
  const name = `${kind}:${rest}`;
  return name.length === socketIdChars ? `${kind}=:${rest}` : name;
}
