import { drawChart, type Line } from '../run/chart.ts';
import { type CaseName, caseOf } from './cases.ts';
import { type Bar, drawBars, framed } from './draw.ts';
import type { Metric } from './readings.ts';
import type { Results } from './results.ts';
import { type Spread, spreadOf } from './statistics.ts';
import { labelsOf } from './tables.ts';

/** The charts that the results are enough for: file name → SVG. */
export function chartsOf(results: Results): Record<string, string> {
  const charts: Record<string, string | undefined> = {
    'bench-throughput.svg': throughput(results),
    'bench-latency.svg': latency(results),
    'bench-cpu.svg': cpuByPart(results),
    'bench-nodes.svg': costOfNodes(results),
    'bench-memory.svg': memory(results),
  };
  return Object.fromEntries(Object.entries(charts).flatMap(([name, svg]) => (svg ? [[name, svg]] : [])));
}

function throughput(results: Results): string | undefined {
  const bars = [
    ...barsOf(results, 'rooms-of-10', 'ackedPerSecond', 'rooms of 10'),
    ...barsOf(results, 'direct-messages', 'ackedPerSecond', 'direct'),
  ];
  return chart('Acknowledged', 'messages/s', bars);
}

function memory(results: Results): string | undefined {
  const bars = barsOf(results, 'connections', 'bytesPerConnection');
  return chart('Memory of an idle connection', 'bytes', bars);
}

function costOfNodes(results: Results): string | undefined {
  const bars = barsOf(results, 'cost-curve', 'cpuMicros');
  return chart('Server CPU per message while nodes are added', 'µs', bars);
}

const parts = {
  'socket nodes': 'nodeMicros',
  PostgreSQL: 'postgresMicros',
  Redis: 'redisMicros',
} as const satisfies Record<string, Metric>;

function cpuByPart(results: Results): string | undefined {
  const labels = labelsOf(results['rooms-of-10']?.rounds ?? []);
  if (labels.length === 0) return undefined;
  const bars = labels.map((name) => ({
    name,
    values: Object.values(parts).map((metric) => spreadAt(results, 'rooms-of-10', name, metric)?.median ?? 0),
  }));
  return drawBars({ title: 'Server CPU per message, rooms of 10', unit: 'µs', parts: Object.keys(parts), bars });
}

/** p99 of the delivery against the rate, of each system: the curve, and the point at 1,500/s. */
function latency(results: Results): string | undefined {
  const points = (['rate-curve', 'open-1500'] as const).flatMap((name) =>
    caseOf(name).variants.flatMap(({ label, setup: { load } }) => {
      const late = spreadAt(results, name, label, 'deliveryP99Ms')?.median;
      return late === undefined || load.kind !== 'open'
        ? []
        : [{ system: label.replace(/,.*/, ''), x: load.rate, y: late }];
    }),
  );
  if (points.length === 0) return undefined;
  const lines: Line[] = [...new Set(points.map(({ system }) => system))].map((name) => ({
    name,
    points: points.filter(({ system }) => system === name).toSorted((a, b) => a.x - b.x),
  }));
  return framed(drawChart({ title: 'Delivery p99 against messages/s offered', unit: 'ms', lines, xUnit: '/s' }));
}

function barsOf(results: Results, name: CaseName, metric: Metric, prefix?: string): Bar[] {
  return labelsOf(results[name]?.rounds ?? []).flatMap((label) => {
    const spread = spreadAt(results, name, label, metric);
    return spread ? [{ name: prefix ? `${prefix}: ${label}` : label, values: [spread.median], range: spread }] : [];
  });
}

function chart(title: string, unit: string, bars: readonly Bar[]): string | undefined {
  return bars.length === 0 ? undefined : drawBars({ title, unit, parts: [''], bars });
}

function spreadAt(results: Results, name: CaseName, label: string, metric: Metric): Spread | undefined {
  const values = (results[name]?.rounds ?? []).flatMap((round) => round[label]?.values[metric] ?? []);
  return values.length === 0 ? undefined : spreadOf(values);
}
