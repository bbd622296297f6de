import type { Frame } from './frame.ts';
import { createGate, type Gate } from './gate.ts';
import { limits } from './limits.ts';
import type { Net } from './metrics.ts';
import { isConversationRoom } from './rooms.ts';
import { begin, createTrack, isBehind, type Track } from './track.ts';

/** One conversation in one room: what was told there, and what waits for its turn. */
export type Lane = {
  readonly room: string;
  readonly no: number;
  readonly seq: Track;
  readonly rev: Track;
  readonly gate: Gate | undefined;
  /** Those who come in right after a message: what came before them is not theirs, and what follows is. */
  arrivals: { seq: number; come: () => void }[];
  /** Some are coming in: nothing is told until all are, or the first would hear what the others miss. */
  lettingIn: boolean;
  /** The net that revealed what is missing now. */
  net: Net;
  timer: NodeJS.Timeout | undefined;
  filling: boolean;
  /** How long the log has been let alone after it failed, 0 while it answers. */
  retryMs: number;
};

export function createLane(room: string, no: number): Lane {
  return {
    room,
    no,
    seq: createTrack(),
    rev: createTrack(),
    gate: isConversationRoom(room) ? createGate() : undefined,
    arrivals: [],
    lettingIn: false,
    net: 'hold',
    timer: undefined,
    filling: false,
    retryMs: 0,
  };
}

export function laneIsBehind({ seq, rev }: Lane): boolean {
  return isBehind(seq) || isBehind(rev);
}

/** A room that nobody seeded begins with the earliest of what has gathered. */
export function beginCold({ seq, rev }: Lane): void {
  for (const track of [seq, rev]) if (track.told === undefined && track.head > 0) begin(track, track.head);
}

/** To be called after each message, before the next one. @returns whether somebody came in */
export function letIn(lane: Lane, told: number = lane.seq.told ?? 0): boolean {
  if (lane.arrivals.length === 0) return false;
  const now = lane.arrivals.filter(({ seq }) => seq <= told);
  lane.arrivals = lane.arrivals.filter(({ seq }) => seq > told);
  lane.lettingIn = true;
  for (const { come } of now) come();
  lane.lettingIn = false;
  return now.length > 0;
}

/** How far the conversation is, as far as this node knows. */
export function headsOf({ no, seq, rev }: Lane) {
  return { no, lastSeq: seq.head, rev: rev.head };
}

/** The log could not be reached: it is left alone for longer each time. */
export function pauseLonger(lane: Lane): void {
  lane.retryMs = Math.min(limits.logRetryMsMax, lane.retryMs * 2 || limits.logRetryMs);
}

/** Whether the messages that a frame speaks of were told. Where the room began is unknown, nothing can be missing. */
export function hasWhatItNeeds({ seq }: Lane, { needsSeq }: Frame): boolean {
  return needsSeq === 0 || seq.told === undefined || seq.told >= needsSeq;
}
