import type { LogMembership, LogStanding } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import type { Departures } from './departures.ts';
import { type Filling, fill } from './fill.ts';
import type { Frame } from './frame.ts';
import { type Gate, heardOf, isOpen, proven } from './gate.ts';
import { beginCold, createLane, hasWhatItNeeds, headsOf, type Lane, laneIsBehind, letIn, pauseLonger } from './lane.ts';
import { limits } from './limits.ts';
import type { HeadsTeller } from './heads.ts';
import type { ComeIn, Listener, Listeners } from './listeners.ts';
import { createMembersCheck } from './members.ts';
import type { FanoutMetrics, Net } from './metrics.ts';
import type { Questions, Said } from './repairs.ts';
import { inboxRoom, isConversationRoom } from './rooms.ts';
import { begin, hold, know, next, type Track } from './track.ts';

export type SequencerParts = {
  listeners: Listeners;
  questions: Questions;
  metrics: FanoutMetrics;
  logger: Logger;
  /** Hands a frame to the sockets of a room, now; to newcomers it is given to wait with them. */
  emit: (room: string, frame: Frame, newcomers?: Gate['newcomers']) => void;
  emitTo: (listener: Listener, frame: Frame) => void;
  /** Makes a frame of an event that comes from the log, for the dialects that a room hears. */
  encode: (room: string, repair: Said) => Frame | undefined;
  heads: HeadsTeller;
  departures: Departures;
  comeIn: ComeIn;
  isRedisAway: () => boolean;
  /** Whether a hole that a later frame shows is filled; off, it waits for another net. */
  holdNet: boolean;
};

/**
 * Gives every room of this node one order without holes, whatever way and in whatever order its frames arrive.
 *
 * What is next is emitted, what is older is dropped, and what is later is held while the hole is filled from the log.
 * While the log cannot be reached the later frames stay held: nothing is emitted past a hole, because a client of a
 * dialect without numbers could never know, and while the log is away nothing new is committed either. A node that
 * alone lost the log is broken by its own readiness. Other conversations never wait.
 */
export function createSequencer(parts: SequencerParts) {
  const { listeners, questions, metrics, logger, heads, departures } = parts;
  const rooms = new Map<string, Map<number, Lane>>();

  const laneOf = (room: string, no: number): Lane => {
    let lanes = rooms.get(room);
    if (!lanes) rooms.set(room, (lanes = new Map()));
    let lane = lanes.get(no);
    if (!lane) {
      lanes.set(no, (lane = createLane(room, no)));
      // Of this inbox every conversation was known: this one is new, and is told from its beginning.
      if (listeners.isWhole(room)) for (const track of [lane.seq, lane.rev]) begin(track, 0);
      if (lanes.size > limits.lanesPerRoomMax) forgetOldest(lanes);
    }
    return lane;
  };
  const everybodyIn = (room: string) => () => listeners.userIds(room);

  const filling: Filling = {
    questions,
    isAlive: (lane: Lane) => rooms.get(lane.room)?.get(lane.no) === lane,
    drain,
    tell(lane, repair) {
      metrics.repaired.inc({ net: lane.net, kind: repair.name });
      const frame = parts.encode(lane.room, repair);
      if (frame) emit(lane, frame);
    },
    tellHeads: (lane) => heads.tell(lane.room, [headsOf(lane)]),
  };

  const { isAlive } = filling;
  const checkMembers = createMembersCheck({ ...parts, isAlive, admit });

  function emit(lane: Lane, frame: Frame): void {
    const { gate, room } = lane;
    if (!gate || gate.newcomers.size === 0) return parts.emit(room, frame);
    parts.emit(room, frame, gate.newcomers);
    gate.wanted = true;
    checkMembers(lane, () => pump(lane));
  }

  /** What waited for users who are members indeed goes to them, before anything that follows. */
  function admit({ no, gate, seq, rev }: Lane, members: LogMembership['present']): void {
    for (const [listener, frames] of gate?.newcomers ?? []) {
      const member = members.get(listener.userId);
      if (!member) continue;
      gate?.newcomers.delete(listener);
      for (const frame of frames.slice(0, limits.newcomerFramesMax)) {
        if (frame.kind !== 'seq' || frame.number > member.fromSeq) parts.emitTo(listener, frame);
      }
      if (frames.length <= limits.newcomerFramesMax) continue;
      const standing = { no, lastSeq: seq.told ?? 0, rev: rev.told ?? 0 };
      heads.tell(inboxRoom(listener.space, listener.userId), [standing]);
    }
  }

  /** Emits what has come to its turn, and sees to it that the rest does. */
  function pump(lane: Lane): void {
    if (lane.lettingIn) return;
    drain(lane);
    // Also who came in meanwhile may have shown that somebody else is in no longer.
    if (!isOpen(lane.gate)) checkMembers(lane, () => pump(lane));
    else if (laneIsBehind(lane)) arm(lane);
    else lane.net = 'hold';
  }

  function drain(lane: Lane): void {
    drainTrack(lane, lane.seq);
    drainTrack(lane, lane.rev);
  }

  function drainTrack(lane: Lane, track: Track): void {
    for (let frame = next(track); frame; frame = next(track)) {
      if (!isOpen(lane.gate) || !hasWhatItNeeds(lane, frame)) return;
      track.held.delete(frame.number);
      track.told = frame.number;
      emit(lane, frame);
      letIn(lane);
    }
  }

  function arm(lane: Lane): void {
    if (lane.timer || lane.filling) return;
    const cold = lane.seq.told === undefined || lane.rev.told === undefined;
    if (!cold && lane.net === 'hold' && !parts.holdNet) return;
    const chanceMs = parts.isRedisAway() ? 0 : cold ? limits.settleMs : limits.inFlightChanceMs[lane.net];
    // After a stall of the event loop the timer comes first, and what arrived meanwhile is read only then: `setImmediate`
    // lets it be read, so that a node that is late does not ask the log for what lies in its own socket.
    const afterReading = () => setImmediate(() => inBackground(logger, 'fanout.fill', fillLane(lane)));
    lane.timer = setTimeout(afterReading, Math.max(chanceMs, lane.retryMs)).unref();
  }

  /** The tail is patient; what waits behind a hole is not. */
  function hurry(lane: Lane): void {
    lane.net = 'hold';
    clearTimeout(lane.timer);
    lane.timer = undefined;
  }

  async function fillLane(lane: Lane): Promise<void> {
    lane.timer = undefined;
    if (lane.filling) return;
    if (!filling.isAlive(lane)) return;
    beginCold(lane);
    drain(lane);
    if (!laneIsBehind(lane) || !isOpen(lane.gate)) return pump(lane);
    if (lane.net === 'hold' && !parts.holdNet) return;
    lane.filling = true;
    metrics.holes.inc();
    try {
      await fill(lane, filling);
      lane.retryMs = 0;
    } catch (err) {
      pauseLonger(lane);
      logger.warn({ err, no: lane.no, retryMs: lane.retryMs }, 'the log cannot be read; the room waits');
    } finally {
      lane.filling = false;
    }
    if (filling.isAlive(lane)) pump(lane);
  }

  function beginAnew(lane: Lane): void {
    for (const track of [lane.seq, lane.rev]) {
      track.told = undefined;
      track.head = 0;
      track.held.clear();
    }
    if (!lane.gate) return;
    lane.gate.version = 0;
    for (const userId of listeners.userIds(lane.room)) lane.gate.doubtful.add(userId);
  }

  function forgetOldest(lanes: Map<number, Lane>): void {
    for (const [no, lane] of lanes) {
      clearTimeout(lane.timer);
      lanes.delete(no);
      listeners.forgetWhole(lane.room);
      return;
    }
  }

  return {
    /** A frame of kind `seq` or `rev`, from wherever. */
    offer(room: string, frame: Frame): void {
      if (!listeners.has(room)) return;
      const lane = laneOf(room, frame.no);
      const track = frame.kind === 'seq' ? lane.seq : lane.rev;
      if (lane.gate) heardOf(lane.gate, frame.membershipVersion, everybodyIn(room));
      if (track.told === undefined && frame.number <= 1) begin(track, frame.number - 1);
      if (track.told !== undefined && frame.number <= track.told) {
        metrics.dropped.inc({ why: 'told' });
        return;
      }
      if (frame.number === (track.told ?? Number.NaN) + 1 && isOpen(lane.gate) && hasWhatItNeeds(lane, frame)) {
        track.told = frame.number;
        track.held.delete(frame.number);
        if (track.head < frame.number) track.head = frame.number;
        emit(lane, frame);
        if (!letIn(lane) && lane.seq.held.size === 0 && lane.rev.held.size === 0) return;
      } else {
        metrics.held.inc();
        if (!hold(track, frame, limits.heldFramesMax)) metrics.dropped.inc({ why: 'full' });
        if (!hasWhatItNeeds(lane, frame)) lane.seq.head = Math.max(lane.seq.head, frame.needsSeq);
        if (lane.net === 'tail' && parts.holdNet) hurry(lane);
      }
      pump(lane);
    },
    /** Where a conversation stands, as the log says. A room that knew nothing of it begins there. */
    observe(room: string, { no, lastSeq, rev, membershipVersion }: LogStanding, net: Net): void {
      if (!listeners.has(room)) return;
      const lane = laneOf(room, no);
      // Who first showed that something is missing gets the credit, unless that net was switched off.
      const isShown = laneIsBehind(lane) && (lane.net !== 'hold' || parts.holdNet);
      if (!isShown) lane.net = net;
      if (lane.gate) heardOf(lane.gate, membershipVersion, everybodyIn(room));
      know(lane.seq, lastSeq);
      know(lane.rev, rev);
      pump(lane);
    },
    /** A frame without an order: it goes now, or not at all while somebody in the room may have been removed. */
    hint(room: string, frame: Frame): void {
      const [lane] = isConversationRoom(room) ? (rooms.get(room)?.values() ?? []) : [];
      if (!lane) parts.emit(room, frame);
      else if (isOpen(lane.gate)) emit(lane, frame);
    },
    /** Somebody came into a conversation's room, without a proof of membership yet. */
    joined(room: string, no: number, listener: Listener): void {
      laneOf(room, no).gate?.newcomers.set(listener, []);
    },
    /** A user may be a member no longer: the log is to be asked before the room hears anything more. */
    doubt(room: string, no: number, userId: string): void {
      const lane = rooms.get(room)?.get(no);
      lane?.gate?.doubtful.add(userId);
      if (lane) pump(lane);
    },
    /** The store said that a user is a member under this version, who came after message `fromSeq`. */
    prove(room: string, no: number, userId: string, version: number, fromSeq: number): void {
      const lane = rooms.get(room)?.get(no);
      if (!lane?.gate) return;
      if (proven(lane.gate, version, [userId], everybodyIn(room))) admit(lane, new Map([[userId, { fromSeq }]]));
    },
    /** Asks the log about those who came into a room. */
    ask(room: string, no: number): void {
      const lane = rooms.get(room)?.get(no);
      if (!lane?.gate) return;
      lane.gate.wanted = true;
      checkMembers(lane, () => pump(lane));
    },
    /** Calls `come` as soon as the room was told message `seq`. `false`, and no call: it was, or nobody hears it. */
    after(room: string, no: number, seq: number, come: () => void): boolean {
      const lane = rooms.get(room)?.get(no);
      if (lane?.seq.told === undefined || lane.seq.told >= seq) return false;
      lane.arrivals.push({ seq, come });
      know(lane.seq, seq);
      pump(lane);
      return true;
    },
    /** Whether a newer version of the members is known than this one. */
    isNewer: (room: string, no: number, version: number) => (rooms.get(room)?.get(no)?.gate?.version ?? 0) > version,
    /** The last message that a room was told, `undefined` when it has not begun. */
    toldIn: (room: string, no: number) => rooms.get(room)?.get(no)?.seq.told,
    /** The same for one of its listeners: who waits for a proof of membership has heard nothing yet. */
    toldTo(room: string, no: number, listener: Listener): number | undefined {
      const lane = rooms.get(room)?.get(no);
      return lane?.gate?.newcomers.has(listener) ? undefined : lane?.seq.told;
    },
    /** Whether a room was told more than a standing shows. `undefined`: nobody said where it begins. */
    isBeyond(room: string, { no, lastSeq, rev, membershipVersion }: LogStanding): boolean | undefined {
      const lane = rooms.get(room)?.get(no);
      if (lane?.seq.told === undefined || lane.rev.told === undefined) return undefined;
      return lane.seq.told > lastSeq || lane.rev.told > rev || this.isNewer(room, no, membershipVersion);
    },
    knows: (room: string, no: number) => rooms.get(room)?.has(no) === true,
    /** Every conversation that is told to somebody here, with its rooms. */
    *lanes(): Iterable<Readonly<Lane>> {
      for (const lanes of rooms.values()) yield* lanes.values();
    },
    /** Nobody hears the room any more. */
    forget(room: string): void {
      const lanes = rooms.get(room);
      rooms.delete(room);
      for (const lane of lanes?.values() ?? []) {
        clearTimeout(lane.timer);
        if (lane.arrivals.length > 0) queueMicrotask(() => letIn(lane, Number.POSITIVE_INFINITY));
      }
    },
    close(): void {
      for (const room of rooms.keys()) this.forget(room);
    },
    /** Known numbers may be used again: every room begins anew, and every member is asked for. */
    beginAnew(): void {
      departures.beginAnew();
      for (const lanes of rooms.values()) for (const lane of lanes.values()) beginAnew(lane);
    },
  };
}

export type Sequencer = ReturnType<typeof createSequencer>;
