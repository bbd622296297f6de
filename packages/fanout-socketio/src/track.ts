import type { Frame } from './frame.ts';

/**
 * One order (by `seq` or by `rev`) of one conversation, as one room hears it. `told` is the last number that was
 * emitted, `undefined` while nobody said where the room begins; `head` is the last one that is known to exist.
 */
export type Track = { told: number | undefined; head: number; readonly held: Map<number, Frame> };

export function createTrack(): Track {
  return { told: undefined, head: 0, held: new Map() };
}

/** Begins at a known head; what is held already and lies before it was not told yet, and counts as missing. */
export function begin(track: Track, head: number): void {
  track.told = Math.min(head, firstHeld(track) - 1);
  track.head = Math.max(track.head, head);
}

export function isBehind({ told, head }: Track): boolean {
  return told === undefined ? head > 0 : told < head;
}

/** Keeps a frame for later. `false`: there are too many, and the log will have to tell it. */
export function hold(track: Track, frame: Frame, max: number): boolean {
  track.head = Math.max(track.head, frame.number);
  if (track.held.size >= max) return track.held.has(frame.number);
  track.held.set(frame.number, frame);
  return true;
}

/** The frame that is next, when it is here. It stays held until `advance`. */
export function next({ told, held }: Track): Frame | undefined {
  return told === undefined || held.size === 0 ? undefined : held.get(told + 1);
}

/** Everything up to `number` was told. */
export function advance(track: Track, number: number): void {
  if (track.told !== undefined && number <= track.told) return;
  track.told = number;
  track.head = Math.max(track.head, number);
  for (const held of track.held.keys()) if (held <= number) track.held.delete(held);
}

/** The last number of the hole that comes next. */
export function endOfHole(track: Track): number {
  return Math.min(firstHeld(track) - 1, track.head);
}

function firstHeld({ held }: Track): number {
  let first = Number.POSITIVE_INFINITY;
  for (const number of held.keys()) if (number < first) first = number;
  return first;
}

/** How far the log is; a track that has not begun begins there. */
export function know(track: Track, head: number): void {
  if (track.told === undefined) begin(track, head);
  else if (head > track.head) track.head = head;
}
