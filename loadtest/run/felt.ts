import type { MetricName } from '../scenarios/metrics.ts';
import type { Chart, Line, Point } from './chart.ts';
import type { Mark } from './page.ts';

/** What k6's dashboard records of a run, one a line; other lines are for its own drawing. */
type Recorded =
  /** The names of what is told of a metric, by its type, in the order in which it is told. */
  | { event: 'param'; data: { aggregates: Record<string, string[]> } }
  /** Metrics that are new. */
  | { event: 'metric'; data: Record<string, { type: string }> }
  /** One second of all metrics that are known, by the order of their names; of one at rest, nothing. */
  | { event: 'snapshot'; data: number[][] };

type Second = Record<string, Record<string, number>>;

const durations = {
  acknowledgement: 'parley_ack_ms',
  delivery: 'parley_delivery_ms',
  connecting: 'parley_connect_ms',
  recovery: 'parley_recovery_ms',
  presence: 'parley_presence_ms',
} as const satisfies Record<string, MetricName>;
const mishaps = {
  cut: 'parley_cut',
  repaired: 'parley_gap_repaired',
  lost: 'parley_lost',
  duplicated: 'parley_duplicated',
  reordered: 'parley_reordered',
} as const satisfies Record<string, MetricName>;

/** What clients felt in each second from `fromMs` on, in charts; without lines for what never happened. */
export function feltIn(recording: string, fromMs: number, moments: readonly Mark[] = []): Chart[] {
  const seconds = [...secondsOf(recording)];
  const marks = moments.map(({ x }) => x);
  const chart = (title: string, unit: string, of: Record<string, MetricName>, key: string, atRest?: number): Chart => {
    const lines = Object.entries(of).map(
      ([name, metric]): Line => ({
        name,
        points: pointsOf(seconds, fromMs, (second) => second[metric]?.[key] ?? atRest),
      }),
    );
    return { title, unit, lines: lines.filter(({ points }) => points.some(({ y }) => y > 0)), marks };
  };
  return [
    chart('p50 of a second', 'ms', durations, 'med'),
    chart('p99 of a second', 'ms', durations, 'p(99)'),
    chart('Cut, repaired, or judged faulty', '/s', mishaps, 'count', 0),
  ].filter(({ lines }) => lines.length > 0);
}

function pointsOf(seconds: readonly Second[], fromMs: number, of: (second: Second) => number | undefined): Point[] {
  return seconds.flatMap((second) => {
    const [atMs, y] = [second['time']?.['value'], of(second)];
    return atMs === undefined || y === undefined ? [] : [{ x: (atMs - fromMs) / 1000, y }];
  });
}

function* secondsOf(recording: string): Generator<Second> {
  const types = new Map<string, string>();
  let aggregates: Record<string, string[]> = {};
  for (const line of recording.split('\n').filter((text) => text !== '')) {
    const { event, data } = JSON.parse(line) as Recorded;
    if (event === 'param') ({ aggregates } = data);
    if (event === 'metric') for (const [name, { type }] of Object.entries(data)) types.set(name, type);
    if (event !== 'snapshot') continue;
    const names = [...types.keys()].toSorted();
    const named = data.map((values, i): [string, Record<string, number>] => {
      const keys = aggregates[types.get(names[i] ?? '') ?? ''] ?? [];
      return [names[i] ?? '', Object.fromEntries(values.map((value, k) => [keys[k] ?? '', value]))];
    });
    yield Object.fromEntries(named);
  }
}
