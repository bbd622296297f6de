/** The most that came within any one second. */
export function perSecondMax(arrivals: readonly number[]): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  let from = 0;
  return sorted.reduce((most, at, i) => {
    while (at - (sorted[from] ?? at) >= 1_000) from += 1;
    return Math.max(most, i - from + 1);
  }, 0);
}
