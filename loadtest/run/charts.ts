import type { Chart, Line, Point } from './chart.ts';
import type { Mark } from './page.ts';
import { cpuGainOf, cpuParts, gainOf, type NodeSample, type Reading, type Sample, sumOf } from './servers.ts';

/** What the servers did over the time of a run, in charts. Empty without samples. */
export function chartsOf(samples: readonly Sample[], moments: readonly Mark[] = []): Chart[] {
  const [first] = samples;
  if (!first) return [];
  const fromMs = first.atMs;
  const marks = moments.map(({ x }) => x);
  const chart = (title: string, unit: string, lines: readonly Line[]): Chart => ({ title, unit, lines, marks });
  const total = (name: string, reading: Reading): Line => ({
    name,
    points: rates(samples, fromMs, (before, after) => gainOf(before, after, reading)),
  });
  const byNode = (reading: Reading, scale: number): Line[] =>
    nodesOf(samples, reading).map((name) => ({
      name,
      points: samples.flatMap(({ atMs, nodes }) => {
        const value = nodes[name]?.[reading];
        return value === undefined ? [] : [{ x: (atMs - fromMs) / 1000, y: value * scale }];
      }),
    }));
  return [
    chart('CPU', 'cores', cpuLines(samples, fromMs)),
    chart('Connections', '', byNode('connections', 1)),
    chart('Events told to sockets, and the writes that carried them', '/s', [
      total('events', 'deliveries'),
      total('writes', 'writes'),
    ]),
    chart('Messages stored, and the commits that stored them', '/s', [
      total('messages', 'rows'),
      total('commits', 'commits'),
    ]),
    chart('Published to Redis', '/s', [total('publishes', 'publishes')]),
    chart('Event loop lag, p99 of a node', 'ms', byNode('lagSeconds', 1000)),
    chart('Memory of a node', 'MB', byNode('memoryBytes', 1 / 1024 / 1024)),
    chart('Waiting: rows for the store, bytes for the slowest client', '', [
      { name: 'rows', points: levels(samples, fromMs, (sample) => sumOf(sample, 'queuedRows')) },
      { name: 'KB', points: levels(samples, fromMs, (sample) => maxOf(sample, 'bufferBytes') / 1024) },
    ]),
    chart('Made up for: repaired, refused at the door, cut as slow', '/s', [
      total('repaired', 'repaired'),
      total('refused', 'refusedHandshakes'),
      total('cut', 'slow'),
    ]),
  ];
}

const maxOf = ({ nodes }: Sample, reading: Reading): number =>
  Math.max(0, ...Object.values(nodes).map((node) => node[reading]));

/** Nodes that have anything to say of it. */
function nodesOf(samples: readonly Sample[], reading: Reading): string[] {
  const names = new Set<string>();
  for (const { nodes } of samples) {
    for (const [name, node] of Object.entries<NodeSample>(nodes)) if (node[reading] > 0) names.add(name);
  }
  return [...names].toSorted();
}

function levels(samples: readonly Sample[], fromMs: number, of: (sample: Sample) => number): Point[] {
  return samples.map((sample) => ({ x: (sample.atMs - fromMs) / 1000, y: of(sample) }));
}

type Gain = (before: Sample, after: Sample) => number;

function rates(samples: readonly Sample[], fromMs: number, gain: Gain): Point[] {
  return samples.slice(1).map((sample, i) => {
    const before = samples[i] ?? sample;
    return { x: (sample.atMs - fromMs) / 1000, y: gain(before, sample) / ((sample.atMs - before.atMs) / 1000) };
  });
}

function cpuLines(samples: readonly Sample[], fromMs: number): Line[] {
  if (!samples.every(({ cpu }) => cpu)) return [];
  return cpuParts.map((name) => ({
    name,
    points: rates(samples, fromMs, (before, after) => cpuGainOf(before, after, name) / 1000),
  }));
}
