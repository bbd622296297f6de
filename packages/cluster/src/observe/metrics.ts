import { nodeMetrics as metricsOfApi } from '@parley/api-node/metrics';
import type { Registry } from '@parley/node-kit';
import { nodeMetrics as metricsOfSockets } from '@parley/socket-node/metrics';

export type Metric = {
  name: string;
  type: string;
  help: string;
  labels: readonly string[];
  /** The upper bounds of a histogram's buckets; nothing of any other type. */
  buckets: readonly number[];
  /** The kinds of nodes that have it. */
  on: readonly ('api' | 'socket')[];
};

/** Every metric of ours, by name. What Node and the process add is listed by `prom-client`. */
export function ourMetrics(): Metric[] {
  return allMetrics().filter(({ name }) => name.startsWith('parley_'));
}

/** Every metric that some node has, by name. */
export function allMetrics(): Metric[] {
  const found = new Map<string, Metric>();
  for (const [kind, registry] of [
    ['api', metricsOfApi()],
    ['socket', metricsOfSockets()],
  ] as const) {
    for (const metric of describe(registry)) {
      const on = found.get(metric.name)?.on ?? [];
      found.set(metric.name, { ...metric, on: [...on, kind] });
    }
  }
  return [...found.values()].toSorted((a, b) => a.name.localeCompare(b.name));
}

function describe(registry: Registry): Omit<Metric, 'on'>[] {
  return registry.getMetricsAsArray().map((metric) => ({
    name: metric.name,
    type: String(metric.type),
    help: metric.help,
    labels: 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : [],
    buckets: 'upperBounds' in metric && Array.isArray(metric.upperBounds) ? metric.upperBounds.map(Number) : [],
  }));
}

/** The series of one metric, as Prometheus stores them. */
export function seriesOf({ name, type }: Pick<Metric, 'name' | 'type'>): string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
