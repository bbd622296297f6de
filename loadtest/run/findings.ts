import { inTimeMs, type Plan } from '../scenarios/plan.ts';
import type { Summary } from '../lib/summary.ts';
import { cpuGainOf, cpuParts, gainOf, overAll, type Reading, type Sample, sumOf } from './servers.ts';

/** What one step of the rate came to; times in ms. */
export type StepFound = {
  perSecond: number;
  seconds: number;
  acked: number;
  ackP50: number;
  ackP99: number;
  deliveryP99: number;
};

/** So much of a step is one that every VU played. */
const playedShare = 0.9;

/** Those that were played: a VU that is late may end the run before the last one. */
export function stepsOf({ size: { steps } }: Plan, { metrics }: Summary): StepFound[] {
  if (steps.length < 2) return [];
  const value = (name: string, step: number, key: string): number =>
    metrics[`${name}{step:${step}}`]?.values[key] ?? Number.NaN;
  return steps.flatMap(({ perSecond, seconds }, step) => {
    if (value('parley_sent', step, 'count') < playedShare * perSecond * seconds) return [];
    return {
      perSecond,
      seconds,
      acked: value('parley_acked', step, 'rate'),
      ackP50: value('parley_ack_ms', step, 'med'),
      ackP99: value('parley_ack_ms', step, 'p(99)'),
      deliveryP99: value('parley_delivery_ms', step, 'p(99)'),
    };
  });
}

/** The steps that kept up, in a sentence; empty when the rate did not rise. */
export function kneeOf(steps: readonly StepFound[]): string {
  const [first] = steps;
  if (!first || steps.every(({ perSecond }) => perSecond === first.perSecond)) return '';
  const broken = steps.findIndex(({ acked, ackP99 }) => acked < 1 || !(ackP99 < inTimeMs));
  if (broken === 0) return `no step kept up: already ${first.perSecond} messages/s were too many`;
  const last = steps[broken < 0 ? steps.length - 1 : broken - 1]!;
  if (broken < 0) return `no knee up to ${last.perSecond} messages/s`;
  return `the knee is between ${last.perSecond} and ${steps[broken]!.perSecond} messages/s`;
}

/** How far something moved from the first to the last part of a run after its warm-up. */
export type Drift = {
  what: string;
  first: number;
  last: number;
  unit: string;
  /** As a share of the first, 0.01 for 1 %. Only where the run was long enough to say so. */
  inTenMinutes?: number;
};

const tenMinutesMs = 600_000;

/** After the first step, the warm-up. Empty where nothing was to stay the same. */
export function driftsOf(plan: Plan, summary: Summary, samples: readonly Sample[]): Drift[] {
  const steps = stepsOf(plan, summary);
  const [, first] = steps;
  const last = steps.at(-1);
  if (!first || !last || steps.some(({ perSecond }) => perSecond !== first.perSecond)) return [];
  const drifts = [
    { what: 'p99 of acknowledgements', first: first.ackP99, last: last.ackP99, unit: 'ms' },
    { what: 'p99 of deliveries', first: first.deliveryP99, last: last.deliveryP99, unit: 'ms' },
  ];
  const [warmUp] = plan.size.steps;
  const fromMs = (samples[0]?.atMs ?? 0) + (plan.size.connectSeconds + (warmUp?.seconds ?? 0)) * 1000;
  const settled = samples.filter(({ atMs }) => atMs >= fromMs);
  const third = Math.floor(settled.length / 3);
  if (third === 0) return drifts;
  const mean = (part: readonly Sample[], of: (sample: Sample) => number): number =>
    part.reduce((sum, sample) => sum + of(sample), 0) / part.length;
  const [firsts, lasts] = [settled.slice(0, third), settled.slice(-third)];
  const apartMs = mean(lasts, ({ atMs }) => atMs) - mean(firsts, ({ atMs }) => atMs);
  const over = (what: string, unit: string, of: (sample: Sample) => number): Drift => {
    const [from, to] = [mean(firsts, of), mean(lasts, of)];
    const inTenMinutes = ((to - from) / from) * (tenMinutesMs / apartMs);
    return { what, first: from, last: to, unit, ...(apartMs >= tenMinutesMs && { inTenMinutes }) };
  };
  return [
    ...drifts,
    over('memory of all nodes', 'MB', (sample) => sumOf(sample, 'memoryBytes') / 1024 / 1024),
    over('event loop lag of the slowest node, p99', 'ms', ({ nodes }) =>
      Math.max(0, ...Object.values(nodes).map(({ lagSeconds }) => lagSeconds * 1000)),
    ),
  ];
}

export function driftInWords({ what, first, last, unit, inTenMinutes }: Drift): string {
  const slope = inTenMinutes === undefined ? '' : `, ${(inTenMinutes * 100).toFixed(1)} % in ten minutes`;
  return `${what}: ${first.toFixed(1)} → ${last.toFixed(1)} ${unit}${slope}`;
}

/** What the servers did and spent over the whole run, connecting included. */
export type Cost = {
  cpuMs: number;
  cpuUsPerMessage: number;
  memoryMb: number;
  repaired: number;
  refusedHandshakes: number;
  cutAsSlow: number;
};

/** `undefined` where nobody could look. */
export function costOf(samples: readonly Sample[]): Cost | undefined {
  if (samples.length < 2 || !samples.every(({ cpu }) => cpu)) return undefined;
  const gained = (reading: Reading): number => overAll(samples, (before, after) => gainOf(before, after, reading));
  const cpuMs = cpuParts.reduce((sum, part) => sum + overAll(samples, (was, is) => cpuGainOf(was, is, part)), 0);
  const messages = gained('rows');
  return {
    cpuMs,
    cpuUsPerMessage: messages > 0 ? (cpuMs * 1000) / messages : Number.NaN,
    memoryMb: Math.max(...samples.map((sample) => sumOf(sample, 'memoryBytes'))) / 1024 / 1024,
    repaired: gained('repaired'),
    refusedHandshakes: gained('refusedHandshakes'),
    cutAsSlow: gained('slow'),
  };
}

export function costInWords({ cpuMs, cpuUsPerMessage, memoryMb, ...made }: Cost): string {
  return (
    `servers: ${(cpuMs / 1000).toFixed(1)} s of CPU, ${cpuUsPerMessage.toFixed(0)} µs for each stored message; ` +
    `up to ${memoryMb.toFixed(0)} MB in all nodes; ${made.repaired} events repaired between nodes, ` +
    `${made.refusedHandshakes} handshakes refused for a moment, ${made.cutAsSlow} clients cut as slow`
  );
}
