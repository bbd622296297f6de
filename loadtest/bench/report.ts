import type { SystemName } from '../generator/plan.ts';
import type { Sample } from './measure.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** What one round measured of each system that took part. */
export type Round = Partial<Record<SystemName, Sample>>;

/** More than this of a core, used by others, changes what is measured. */
const otherCoresMax = 0.25;

export function isDisturbed(round: Round): boolean {
  return Object.values(round).some(({ disturbance }) => disturbance.otherCores > otherCoresMax);
}

/** A round whose audit failed always counts. */
export function isFaulty(round: Round): boolean {
  return Object.values(round).some(({ faults }) => faults.length > 0);
}

type Line = { label: string; of: (sample: Sample) => number; digits: number };

const lines: readonly Line[] = [
  { label: 'acknowledged and persisted messages/s', of: (s) => s.ackedPerSecond, digits: 0 },
  { label: 'deliveries/s', of: (s) => s.deliveredPerSecond, digits: 0 },
  { label: 'ack p50, ms', of: (s) => s.ackMs.p50, digits: 1 },
  { label: 'ack p95, ms', of: (s) => s.ackMs.p95, digits: 1 },
  { label: 'ack p99, ms', of: (s) => s.ackMs.p99, digits: 1 },
  { label: 'delivery p50, ms', of: (s) => s.deliveryMs.p50, digits: 1 },
  { label: 'delivery p95, ms', of: (s) => s.deliveryMs.p95, digits: 1 },
  { label: 'delivery p99, ms', of: (s) => s.deliveryMs.p99, digits: 1 },
  { label: 'server CPU, µs/message', of: (s) => s.cpuMicros.total, digits: 0 },
  { label: '· socket nodes', of: (s) => s.cpuMicros.node, digits: 0 },
  { label: '· PostgreSQL', of: (s) => s.cpuMicros.postgres, digits: 0 },
  { label: '· Redis', of: (s) => s.cpuMicros.redis, digits: 0 },
  { label: '· HAProxy', of: (s) => s.cpuMicros.haproxy, digits: 0 },
  { label: 'generator CPU, µs/message', of: (s) => s.generatorMicros, digits: 0 },
  { label: 'commits/message', of: (s) => s.commitsPerMessage, digits: 3 },
  { label: 'Redis commands/message', of: (s) => s.redisCommandsPerMessage, digits: 3 },
  { label: 'cores used by others', of: (s) => s.disturbance.otherCores, digits: 2 },
];

/** The bars of the project, both as ratios to the baseline within one round. */
export const bars = { ackedMin: 3, cpuMax: 0.4 };

export type Ratios = { acked: Spread; cpu: Spread };

/** Medians of the ratios of each round: what disturbs a round disturbs both of its systems. */
export function ratiosOf(rounds: readonly Round[]): Ratios | undefined {
  const pairs = rounds.flatMap(({ parley, baseline }) => (parley && baseline ? [{ parley, baseline }] : []));
  if (pairs.length === 0) return undefined;
  return {
    acked: spreadOf(pairs.map(({ parley, baseline }) => parley.ackedPerSecond / baseline.ackedPerSecond)),
    cpu: spreadOf(pairs.map(({ parley, baseline }) => parley.cpuMicros.total / baseline.cpuMicros.total)),
  };
}

export function tableOf(rounds: readonly Round[], names: readonly SystemName[]): string {
  const rows = lines.map(({ label, of, digits }) => [
    label,
    ...names.map((name) => spreadText(spreadOf(samplesOf(rounds, name).map(of)), digits)),
    names.length < 2 ? '' : ratioText(rounds, of),
  ]);
  return markdown([['median (min–max)', ...names, names.length < 2 ? '' : 'parley : baseline'], ...rows]);
}

export function samplesOf(rounds: readonly Round[], name: SystemName): Sample[] {
  return rounds.flatMap((round) => round[name] ?? []);
}

export function spreadText({ median, min, max }: Spread, digits: number): string {
  const text = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text(median)} (${text(min)}–${text(max)})`;
}

function ratioText(rounds: readonly Round[], of: Line['of']): string {
  const ratios = rounds.flatMap(({ parley, baseline }) => {
    const ratio = parley && baseline ? of(parley) / of(baseline) : Number.NaN;
    return Number.isFinite(ratio) ? [ratio] : [];
  });
  return ratios.length === 0 ? '' : `×${spreadText(spreadOf(ratios), 2)}`;
}

function markdown(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    `| ${row.map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i ? `${'-'.repeat(width + 1)}:` : '-'.repeat(width + 2))).join('|')}|`;
  return [line(rows[0]!), rule, ...rows.slice(1).map(line)].join('\n');
}
