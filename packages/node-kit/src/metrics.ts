import { createHistogram, performance } from 'node:perf_hooks';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type Metrics = {
  registry: Registry;
  /** Seconds; fits what takes from half a millisecond to ten seconds. */
  durationBuckets: number[];
};

const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A registry of this process, with the usual numbers of Node (memory, garbage collection) and those of its event loop. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  // prom-client wakes the loop a hundred times a second to see how late it is: a third of what an idle node costs (6 of
  // 21 ms of CPU each second). Its own numbers of that are looked after once in this time, and left out.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 2 ** 31 - 1 });
  for (const { name } of registry.getMetricsAsArray()) {
    if (name.startsWith('nodejs_eventloop_lag')) registry.removeSingleMetric(name);
  }
  registry.registerMetric(measureBusy());
  registry.registerMetric(measureLag());
  return { registry, durationBuckets };
}

function measureBusy(): Gauge {
  let last = performance.eventLoopUtilization();
  return new Gauge({
    name: 'parley_event_loop_utilization_ratio',
    help: 'How much of the time since the last scrape the event loop was busy, from 0 to 1.',
    registers: [],
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, last).utilization);
      last = now;
    },
  });
}

const lookEveryMs = 100;

function measureLag(): Gauge {
  const late = createHistogram();
  let dueAt = performance.now() + lookEveryMs;
  setInterval(() => {
    const now = performance.now();
    // Whatever would have been looked at during a stall was late, too.
    for (let ms = now - dueAt; ms > 0; ms -= lookEveryMs) late.record(Math.ceil(ms * 1e6));
    dueAt = now + lookEveryMs;
  }, lookEveryMs).unref();
  return new Gauge({
    name: 'parley_event_loop_lag_p99_seconds',
    help: 'How late what was due every 100 ms came since the last scrape, p99: what a frame waits before it is read.',
    registers: [],
    collect() {
      this.set(late.count === 0 ? 0 : late.percentile(99) / 1e9);
      late.reset();
    },
  });
}
