import { type MetricName, metrics } from '../scenarios/metrics.ts';

/** Adds up what a crowd measures: counts and rates by their sum, durations by how many there are. */
export function createMeasures() {
  const names = Object.keys(metrics) as MetricName[];
  const sums = Object.fromEntries(names.map((name) => [name, 0])) as Record<MetricName, number>;
  return {
    add: (name: MetricName, value: number): void => void (sums[name] += metrics[name][0] === 'duration' ? 1 : value),
    counts: () => sums,
  };
}
