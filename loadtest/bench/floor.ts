import type { Readings } from './goals.ts';
import type { Limits, LimitValues } from './limits/values.ts';
import { type Spread, spreadOf } from './statistics.ts';

type UnitCosts = Pick<LimitValues, 'receive' | 'postgresRow' | 'nodeRow' | 'publish'>;

/**
 * The least CPU, in µs, that a message can cost all servers: it is received once, stored as one row of a batch, published
 * once per batch, and sent to each member.
 *
 * @param deliver what one delivery costs: a write of its own, or its part of a shared one
 */
export function floorMicros(
  { receive, postgresRow, nodeRow, publish }: UnitCosts,
  { members, rowsPerBatch, deliver }: { members: number; rowsPerBatch: number; deliver: number },
): number {
  return receive + members * deliver + postgresRow + nodeRow + publish / rowsPerBatch;
}

export type Floor = { alone: number; ofEight: number };

/** In conversations of `members`, when each delivery is a write of its own, and when eight share one. */
export function floorOf({ rounds, rowsPerBatch }: Limits, members: number): Floor | undefined {
  const [first] = rounds;
  if (!first) return undefined;
  const median = (name: keyof LimitValues) => spreadOf(rounds.map((values) => values[name])).median;
  const costs = {
    receive: median('receive'),
    postgresRow: median('postgresRow'),
    nodeRow: median('nodeRow'),
    publish: median('publish'),
  };
  const floor = (deliver: number) => floorMicros(costs, { members, rowsPerBatch, deliver });
  return { alone: floor(median('send')), ofEight: floor(median('sendOfEight')) };
}

/** The floor's part of what ours measured, round by round: 1 is the floor itself, less is farther from it. */
export function shareOf(floor: number, rounds: readonly Readings[]): Spread | undefined {
  const shares = rounds.flatMap(({ ours }) => (ours?.values.cpuMicros ? [floor / ours.values.cpuMicros] : []));
  return shares.length === 0 ? undefined : spreadOf(shares);
}

/** How many rows a commit of ours stored: the batch at which the limits are measured. */
export function rowsPerBatchOf(rounds: readonly Readings[]): number | undefined {
  const commits = rounds.flatMap(({ ours }) => ours?.values.commitsPerMessage ?? []);
  return commits.length === 0 ? undefined : Math.max(1, Math.round(1 / spreadOf(commits).median));
}
