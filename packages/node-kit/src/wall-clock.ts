/** Milliseconds since 1970, with fractions, and never backwards while this process lives. */
export function wallClockMs(): number {
  return performance.timeOrigin + performance.now();
}
