import type { Latency } from './plan.ts';

/** Latencies in buckets that grow by 1 %, so that any number of them takes the same memory. From 1 µs to 100 s. */
const growth = Math.log(1.01);
const buckets = 1852;

export function createHistogram() {
  const counts = new Uint32Array(buckets);
  let samples = 0;
  let maxMs = 0;

  return {
    record(ms: number): void {
      const bucket = Math.floor(Math.log(Math.max(ms * 1000, 1)) / growth);
      counts[Math.min(bucket, buckets - 1)]! += 1;
      samples += 1;
      if (ms > maxMs) maxMs = ms;
    },
    /** In ms, at most 1 % below the truth; NaN without samples. */
    read(): Latency {
      return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: maxMs, samples };
    },
  };

  function quantile(q: number): number {
    let left = Math.ceil(q * samples);
    if (left === 0) return Number.NaN;
    const bucket = counts.findIndex((count) => (left -= count) <= 0);
    return Math.exp(bucket * growth) / 1000;
  }
}
