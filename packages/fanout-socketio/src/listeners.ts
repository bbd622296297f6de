import type { LogStanding } from '@parley/core';
import { bystander, type Dialect, native, voiceName } from '@parley/dialects';
import type { Role } from '@parley/protocol';
import type { Server, Socket } from 'socket.io';
import type { Frame, FrameKind } from './frame.ts';
import { inboxRoom } from './rooms.ts';

/** Whose session a socket is, and which dialect it speaks. `enter` puts it into `socket.data`. */
export type Who = { space: string; userId: string; role: Role; dialect: string };

/** A local socket that was entered. */
export type Listener = Readonly<Who> & {
  readonly socket: Socket;
  /** The conversations that it looks at. */
  readonly viewing: Set<number>;
  /** The names of the voices in which it hears: of others, of its own user, and both where it looks. */
  readonly voices: readonly [others: string, own: string, viewed: string, ownViewed: string];
  /** Told of each frame that concerns a conversation, also of those about which its dialect keeps silent. */
  onHeard: ((no: number, kind: FrameKind) => void) | undefined;
};

/** Lets a listener into the room of a conversation as a member under the standing's version, right behind message `fromSeq`. */
export type ComeIn = (listener: Listener, standing: LogStanding, fromSeq: number) => void;

/** In which voice a socket hears a frame. */
export function voiceOf({ voices, userId, viewing }: Listener, { actorId, no }: Frame): string {
  const isOwn = actorId === userId;
  if (viewing.has(no)) return isOwn ? voices[3] : voices[2];
  return isOwn ? voices[1] : voices[0];
}

function voicesFor(dialect: Dialect, role: Role): Listener['voices'] {
  const name = (own: boolean, viewing: boolean) => voiceName(dialect, { ...bystander, role, own, viewing });
  return [name(false, false), name(true, false), name(false, true), name(true, true)];
}

/** The sockets of this node, by the rooms that they hear. */
export function createListeners(io: Server, dialectsOf: (space: string) => readonly Dialect[]) {
  const adapter = () => io.of('/').adapter;
  const byId = new Map<string, Listener>();
  const whole = new Set<string>();
  /** By space: those with more conversations than were seeded. */
  const partial = new Map<string, Set<string>>();
  const forgetPartial = ({ space, userId }: Who) => {
    const users = partial.get(space);
    if (users?.delete(userId) && users.size === 0) partial.delete(space);
  };

  return {
    add(socket: Socket, who: Who): Listener {
      const known = byId.get(socket.id);
      if (known) return known;
      const dialect = dialectsOf(who.space).find(({ name }) => name === who.dialect) ?? native;
      const listener = {
        ...who,
        socket,
        viewing: new Set<number>(),
        voices: voicesFor(dialect, who.role),
        onHeard: undefined,
      };
      Object.assign(socket.data, who);
      byId.set(socket.id, listener);
      socket.once('disconnect', () => {
        byId.delete(socket.id);
        if (!adapter().rooms.has(inboxRoom(who.space, who.userId))) forgetPartial(who);
      });
      return listener;
    },
    all: () => byId.values(),
    size: () => byId.size,
    of: (socket: Socket) => byId.get(socket.id),
    has: (room: string) => adapter().rooms.has(room),
    *in(room: string): Iterable<Listener> {
      for (const id of adapter().rooms.get(room) ?? []) {
        const listener = byId.get(id);
        if (listener) yield listener;
      }
    },
    each(room: string, visit: (listener: Listener) => void): void {
      const ids = adapter().rooms.get(room);
      if (!ids) return;
      for (const id of ids) {
        const listener = byId.get(id);
        if (listener) visit(listener);
      }
    },
    userIds(room: string): Set<string> {
      const userIds = new Set<string>();
      this.each(room, ({ userId }) => userIds.add(userId));
      return userIds;
    },
    /** All conversations of an inbox were seeded: one that is not known came into being since. */
    knowsWhole(inbox: string): void {
      whole.add(inbox);
    },
    /** A user has more conversations than were seeded. */
    knowsPart({ space, userId }: Who): void {
      const users = partial.get(space);
      if (users) users.add(userId);
      else partial.set(space, new Set([userId]));
    },
    partial: (space: string): string[] => [...(partial.get(space) ?? [])],
    forgetWhole(inbox: string): void {
      whole.delete(inbox);
    },
    isWhole: (inbox: string) => whole.has(inbox),
    /** Calls `onEmpty` when the last local socket has left a room. */
    onEmpty(onEmpty: (room: string) => void): void {
      adapter().on('delete-room', (room: string) => {
        whole.delete(room);
        onEmpty(room);
      });
    },
  };
}

export type Listeners = ReturnType<typeof createListeners>;
