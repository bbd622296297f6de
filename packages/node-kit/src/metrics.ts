import { performance } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type Metrics = {
  registry: Registry;
  /** Seconds; fits what takes from half a millisecond to ten seconds. */
  durationBuckets: number[];
};

const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry of this process, with the usual numbers of Node (memory, garbage collection, event loop lag). */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let last = performance.eventLoopUtilization();
  const busy = new Gauge({
    name: 'parley_event_loop_utilization_ratio',
    help: 'How much of the time since the last scrape the event loop was busy, from 0 to 1.',
    registers: [],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
  registry.registerMetric(busy);
  return { registry, durationBuckets };
}
