import type { LogStanding } from '@parley/core';
import { isStaff } from '@parley/core';
import { inBackground } from '@parley/node-kit';
import { type Conversation, limits as protocolLimits, parseConversationId } from '@parley/protocol';
import type { Socket } from 'socket.io';
import type { Frame } from './frame.ts';
import { createLatecomers, type LatecomersParts } from './latecomers.ts';
import type { ComeIn, Listener, Listeners, Who } from './listeners.ts';
import type { RedisLink } from './redis-link.ts';
import { conversationRoom, everybodyRoom, inboxRoom, staffRoom } from './rooms.ts';

type Parts = Omit<LatecomersParts, 'comeIn'> & {
  listeners: Listeners;
  link: Pick<RedisLink, 'confirmed'>;
  emitTo: (listener: Listener, frame: Frame) => void;
};

export type Joined = 'confirmed' | 'unconfirmed';

/** How sockets come into rooms and leave them. */
export function createArrivals(parts: Parts) {
  const { listeners, sequencer, link, departures, emitTo, questions, logger } = parts;
  const confirm = async (rooms: readonly string[]): Promise<Joined> =>
    (await link.confirmed(rooms)) ? 'confirmed' : 'unconfirmed';

  /** Joins without a proof of membership: before the room hears anything, the log is asked, unless a proof comes first. */
  const join = (listener: Listener, no: number): string => {
    const room = conversationRoom(listener.space, no);
    if (!listener.socket.rooms.has(room)) {
      void listener.socket.join(room);
      sequencer.joined(room, no, listener);
    }
    return room;
  };

  /** What the room was told before it was subscribed here is told from the log. */
  const catchUp = async (room: string, no: number): Promise<Joined> => {
    const joined = await confirm([room]);
    const [standing] = await questions.standings([no]);
    if (standing) sequencer.observe(room, standing, 'hold');
    return joined;
  };

  /**
   * Joins as a member under the standing's version, who came after message `fromSeq`: what the room is yet to hear from
   * before then is not theirs, so they come in right behind it.
   */
  const comeIn: ComeIn = (listener, standing, fromSeq) => {
    const { no, membershipVersion } = standing;
    const room = conversationRoom(listener.space, no);
    const come = () => {
      if (!listener.socket.connected) return;
      const isNew = !listeners.has(room);
      join(listener, no);
      sequencer.prove(room, no, listener.userId, membershipVersion, fromSeq);
      sequencer.observe(room, standing, 'hold');
      if (isNew) inBackground(logger, 'fanout.catchUp', catchUp(room, no));
    };
    if ((sequencer.toldIn(room, no) ?? fromSeq) < fromSeq) void listener.socket.leave(room);
    if (!sequencer.after(room, no, fromSeq, come)) come();
  };

  const latecomers = createLatecomers({ ...parts, comeIn });

  return {
    comeIn,
    comeLate: latecomers.comeLate,
    /** Joins the inbox, what everybody hears, what the staff hear, and the rooms of these groups. May be called again with more groups. */
    enter(socket: Socket, who: Who, groupNos: readonly number[]): Promise<Joined> {
      const listener = listeners.add(socket, who);
      const { space, userId, role } = who;
      const rooms = [inboxRoom(space, userId), everybodyRoom(space), ...(isStaff(role) ? [staffRoom(space)] : [])];
      void socket.join(rooms);
      return confirm([...rooms, ...groupNos.map((no) => join(listener, no))]);
    },
    /** Joins the room of one more group; before it hears anything, the log says whether its user is a member. */
    open(socket: Socket, no: number): Promise<Joined> {
      const listener = listeners.of(socket);
      if (!listener) return Promise.resolve('unconfirmed');
      const room = join(listener, no);
      sequencer.ask(room, no);
      return catchUp(room, no);
    },
    /**
     * Where the conversations of a session stand, as read after it joined. From there on its rooms have one order; and
     * who is a member by this list needs no other proof.
     */
    seed(socket: Socket, conversations: readonly Conversation[]): void {
      const listener = listeners.of(socket);
      if (!listener) return;
      const inbox = inboxRoom(listener.space, listener.userId);
      for (const conversation of conversations) {
        const standing = standingOf(conversation);
        if (!standing) continue;
        const { no, lastSeq } = standing;
        const { kind, fromSeq, untilSeq } = conversation;
        if (kind === 'direct' || kind === 'support') sequencer.observe(inbox, standing, 'hold');
        else if (kind === 'announcement') sequencer.observe(everybodyRoom(listener.space), standing, 'hold');
        else if (untilSeq === undefined && socket.rooms.has(conversationRoom(listener.space, no))) {
          comeIn(listener, standing, fromSeq);
        } else if (untilSeq === undefined) departures.seed(listener, no, lastSeq);
      }
      if (conversations.length < protocolLimits.headsMax) {
        listeners.knowsWhole(inbox);
        listeners.knowsWhole(everybodyRoom(listener.space));
      } else listeners.knowsPart(listener);
    },
    /**
     * Whether nobody told these groups anything between the reading of them and the joining of their rooms. Where a room
     * began here before, it knows; for the others the log is asked one small question, in place of all again.
     */
    async areStill(socket: Socket, groups: readonly Conversation[]): Promise<boolean> {
      const listener = listeners.of(socket);
      if (!listener) return false;
      const unknown = new Map<number, LogStanding>();
      for (const group of groups) {
        const standing = standingOf(group);
        const isBeyond = standing && sequencer.isBeyond(conversationRoom(listener.space, standing.no), standing);
        if (isBeyond) return false;
        if (standing && isBeyond === undefined) unknown.set(standing.no, standing);
      }
      if (unknown.size === 0) return true;
      const now = await questions.standings([...unknown.keys()]);
      const isStill = ({ no, lastSeq, rev, membershipVersion }: LogStanding): boolean => {
        const then = unknown.get(no);
        return then?.lastSeq === lastSeq && then.rev === rev && then.membershipVersion === membershipVersion;
      };
      return now.length === unknown.size && now.every(isStill);
    },
    /** The same for the threads that the staff hear, of which these are the most recent. */
    seedStaff(socket: Socket, threads: readonly Conversation[]): void {
      const listener = listeners.of(socket);
      if (!listener || !isStaff(listener.role)) return;
      const room = staffRoom(listener.space);
      for (const thread of threads) {
        const standing = standingOf(thread);
        if (standing) sequencer.observe(room, standing, 'hold');
      }
      if (threads.length < protocolLimits.headsMax) listeners.knowsWhole(room);
    },
    /** A user became a member of a group. */
    came(inbox: string, { no, number, needsSeq, membershipVersion }: Frame): void {
      const standing = { no, lastSeq: needsSeq, rev: number, membershipVersion };
      for (const listener of listeners.in(inbox)) {
        const room = conversationRoom(listener.space, no);
        const come = () => {
          // It may also be news of a role: who is in stays where they are, and is asked about when the room hears of it.
          if (listener.socket.rooms.has(room)) return;
          // What another node told the room since then may overtake the news.
          if ((sequencer.toldIn(room, no) ?? 0) <= needsSeq) comeIn(listener, standing, needsSeq);
          else inBackground(logger, 'fanout.comeLate', latecomers.comeLate(listener, standing, needsSeq, 'hold'));
        };
        latecomers.afterwards(listener, no, () => departures.afterwards(listener, no, come));
      }
    },
    /** A user is a member of a group no longer: they hear what was said until then, and that news as the last. */
    left(inbox: string, frame: Frame): void {
      const { no, needsSeq, membershipVersion } = frame;
      for (const listener of listeners.in(inbox)) {
        const room = conversationRoom(listener.space, no);
        latecomers.afterwards(listener, no, () => {
          // News may overtake each other: a member who came back meanwhile stays, once the log has said so.
          if (sequencer.isNewer(room, no, membershipVersion)) sequencer.doubt(room, no, listener.userId);
          else if (listener.socket.rooms.has(room)) {
            departures.depart(listener, no, sequencer.toldTo(room, no, listener), needsSeq);
          }
          departures.afterwards(listener, no, () => emitTo(listener, frame));
        });
      }
    },
  };
}

function standingOf({ id, lastSeq, rev, membershipVersion }: Conversation): LogStanding | undefined {
  const no = parseConversationId(id);
  return no === undefined ? undefined : { no, lastSeq, rev, membershipVersion };
}

export type Arrivals = ReturnType<typeof createArrivals>;
