/**
 * What has come of a series 0, 1, 2 …, in memory that does not grow with it: the end of the part without holes, and one
 * bit for each of the next 256 numbers.
 */
export type Track = { next: number; highest: number; ahead: Uint32Array | undefined };

export type Arrival =
  /** In its turn. */
  | 'next'
  /** Before an earlier one. */
  | 'ahead'
  /** After a later one. */
  | 'late'
  /** It was here before. */
  | 'repeated'
  /** No number of the series, or so far ahead that no account is kept of it. */
  | 'strange';

/** How far a number may come before an earlier one and still be kept account of. */
export const aheadMax = 256;
const words = aheadMax / 32;

/** @param next the first number that is expected */
export const createTrack = (next = 0): Track => ({ next, highest: next - 1, ahead: undefined });

export function take(track: Track, number: number): Arrival {
  if (!(number - track.next < aheadMax)) return 'strange';
  if (number < track.next || isAhead(track, number)) return 'repeated';
  const late = number < track.highest;
  if (!late) track.highest = number;
  if (number > track.next) {
    flip((track.ahead ??= new Uint32Array(words)), number);
    return late ? 'late' : 'ahead';
  }
  track.next += 1;
  while (track.ahead && isSet(track.ahead, track.next)) {
    flip(track.ahead, track.next);
    track.next += 1;
  }
  return late ? 'late' : 'next';
}

/** How many of the numbers below `until` have not come. */
export function missingBelow({ next, ahead }: Track, until: number): number {
  if (until <= next) return 0;
  if (!ahead) return until - next;
  let here = 0;
  for (let number = next + 1; number < Math.min(until, next + aheadMax); number += 1) {
    if (isSet(ahead, number)) here += 1;
  }
  return until - next - here;
}

const isAhead = ({ next, ahead }: Track, number: number): boolean =>
  ahead !== undefined && number > next && isSet(ahead, number);

// A bit stands for one number of the window at a time: whatever leaves it is set back.
const isSet = (bits: Uint32Array, number: number): boolean => {
  const bit = number % aheadMax;
  return (bits[bit >>> 5]! & (1 << (bit & 31))) !== 0;
};

function flip(bits: Uint32Array, number: number): void {
  const bit = number % aheadMax;
  bits[bit >>> 5]! ^= 1 << (bit & 31);
}
