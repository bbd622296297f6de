import type { Audience } from '@parley/core';

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

/** Whether the room is that of one conversation: its sockets are members, whatever else they hear. */
export function isConversationRoom(room: string): boolean {
  return room.startsWith('c');
}

/** The rooms of an audience. Each hears an event by an emit of its own: one room per emit keeps to one channel. */
export function roomsOf(audience: Audience): readonly string[] {
  const { space } = audience;
  return audience.kind === 'conversation'
    ? [conversationRoom(space, audience.no)]
    : audience.userIds.map((userId) => inboxRoom(space, userId));
}

const socketIdChars = 20;

// The longer form differs in its second character, so that it can be no other room's plain name.
function named(kind: 'u' | 'c', rest: string): string {
  const name = `${kind}:${rest}`;
  return name.length === socketIdChars ? `${kind}=:${rest}` : name;
}
