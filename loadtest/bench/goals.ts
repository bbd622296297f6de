import type { CaseName } from './cases.ts';
import type { Metric, Reading } from './readings.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** What one round of a case read, by the labels of its variants. */
export type Readings = Partial<Record<string, Reading>>;

export type Goal = {
  measure: string;
  of: CaseName;
  metric: Metric;
  label: string;
  /** Whose reading of the same round is the unit; none: the number itself counts. */
  against?: string;
  bound: { atLeast: number } | { atMost: number };
};

const ours = 'ours';

/** What the project wants to reach, each within one round of one case. */
export const goals: readonly Goal[] = [
  {
    measure: 'acknowledged and persisted messages/s, rooms of 10, 2 nodes, against B0',
    of: 'rooms-of-10',
    metric: 'ackedPerSecond',
    label: ours,
    against: 'B0',
    bound: { atLeast: 5 },
  },
  {
    measure: 'server CPU per message, the same',
    of: 'rooms-of-10',
    metric: 'cpuMicros',
    label: ours,
    against: 'B0',
    bound: { atMost: 0.2 },
  },
  {
    measure: 'acknowledged and persisted messages/s, direct messages, 4 nodes, against B1',
    of: 'direct-messages',
    metric: 'ackedPerSecond',
    label: ours,
    against: 'B1',
    bound: { atLeast: 4 },
  },
  {
    measure: 'commits per message at saturation',
    of: 'rooms-of-10',
    metric: 'commitsPerMessage',
    label: ours,
    bound: { atMost: 0.05 },
  },
  {
    measure: 'Redis commands per message at saturation',
    of: 'rooms-of-10',
    metric: 'redisCommandsPerMessage',
    label: ours,
    bound: { atMost: 0.3 },
  },
  {
    measure: 'CPU per message on 4 nodes, against 2',
    of: 'cost-curve',
    metric: 'cpuMicros',
    label: 'ours, 4 nodes',
    against: 'ours, 2 nodes',
    bound: { atMost: 1.35 },
  },
  {
    measure: 'CPU per message on 8 nodes, against 4',
    of: 'cost-curve',
    metric: 'cpuMicros',
    label: 'ours, 8 nodes',
    against: 'ours, 4 nodes',
    bound: { atMost: 1.35 },
  },
  {
    measure: 'p99 delivery at 1,500 messages/s open loop, against B0',
    of: 'open-1500',
    metric: 'deliveryP99Ms',
    label: ours,
    against: 'B0',
    bound: { atMost: 0.2 },
  },
  {
    measure: 'p50 acknowledgement of a lone message on an idle cluster, against B0',
    of: 'lone',
    metric: 'ackP50Ms',
    label: ours,
    against: 'B0',
    bound: { atMost: 1 },
  },
  {
    measure: 'CPU per message at 200 messages/s, against B0',
    of: 'everyday-200',
    metric: 'cpuMicros',
    label: ours,
    against: 'B0',
    bound: { atMost: 1 },
  },
  {
    measure: 'hot room of 2,000 on 3 nodes, deliveries per CPU-second at 20 messages/s, against B1',
    of: 'hot-room',
    metric: 'deliveredPerCpuSecond',
    label: 'ours, 20/s',
    against: 'B1, 20/s',
    bound: { atLeast: 1.3 },
  },
  {
    measure: 'the same saturated',
    of: 'hot-room',
    metric: 'deliveredPerCpuSecond',
    label: 'ours, saturated',
    against: 'B1, saturated',
    bound: { atLeast: 3 },
  },
  {
    measure: 'hot room of 2,000 on 3 nodes, deliveries per CPU-second at 20 messages/s, against Centrifugo 5.4.9',
    of: 'hot-room',
    metric: 'deliveredPerCpuSecond',
    label: 'ours, 20/s',
    against: 'Centrifugo, 20/s',
    bound: { atLeast: 1 },
  },
  {
    measure:
      'acknowledged messages/s, ours persisted, rooms of 10, 2 nodes, against Centrifugo 5.4.9, which stores nothing',
    of: 'rooms-of-10',
    metric: 'ackedPerSecond',
    label: ours,
    against: 'Centrifugo',
    bound: { atLeast: 0.85 },
  },
  {
    measure: 'the same, direct messages, 4 nodes',
    of: 'direct-messages',
    metric: 'ackedPerSecond',
    label: ours,
    against: 'Centrifugo',
    bound: { atLeast: 1 },
  },
  {
    measure:
      'acknowledged and persisted messages/s, rooms of 10, 2 nodes, against Tinode 0.25.3 with PostgreSQL, 1 node',
    of: 'rooms-of-10',
    metric: 'ackedPerSecond',
    label: ours,
    against: 'Tinode',
    bound: { atLeast: 8 },
  },
  {
    measure: 'the same, direct messages, 4 nodes',
    of: 'direct-messages',
    metric: 'ackedPerSecond',
    label: ours,
    against: 'Tinode',
    bound: { atLeast: 8 },
  },
  {
    measure: 'memory per idle connection, against raw `ws`',
    of: 'connections',
    metric: 'bytesPerConnection',
    label: ours,
    against: 'raw',
    bound: { atMost: 2.5 },
  },
  {
    measure: 'connections accepted per CPU-second, with token and inbox, against bare Socket.IO',
    of: 'connections',
    metric: 'connectionsPerCpuSecond',
    label: ours,
    against: 'bare Socket.IO',
    bound: { atLeast: 0.7 },
  },
];

/** The goal's number in each round that has it: a ratio within the round, because what disturbs a round disturbs both. */
export function spreadOfGoal({ metric, label, against }: Goal, rounds: readonly Readings[]): Spread | undefined {
  const values = rounds.flatMap((round) => {
    const value = round[label]?.values[metric] ?? Number.NaN;
    const unit = against === undefined ? 1 : (round[against]?.values[metric] ?? Number.NaN);
    return Number.isFinite(value / unit) ? [value / unit] : [];
  });
  return values.length === 0 ? undefined : spreadOf(values);
}

/** By the median. */
export function isReached({ bound }: Pick<Goal, 'bound'>, { median }: Spread): boolean {
  return 'atLeast' in bound ? median >= bound.atLeast : median <= bound.atMost;
}
