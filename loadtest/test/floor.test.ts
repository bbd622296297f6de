import { describe, expect, it } from 'vitest';
import { floorMicros, floorOf, rowsPerBatchOf, shareOf } from '../bench/floor.ts';
import type { Readings } from '../bench/goals.ts';
import type { LimitValues } from '../bench/limits/values.ts';
import { goalTable, limitTable } from '../bench/tables.ts';
import { result } from './result.ts';

const costs: LimitValues = {
  rowsPerSecond: 40_000,
  commitsPerSecond: 10_000,
  postgresRow: 17,
  nodeRow: 4,
  publishesPerSecond: 100_000,
  publish: 50,
  publishAlone: 70,
  writesPerSecond: 100_000,
  receive: 7,
  send: 6.6,
  sendOfEight: 0.9,
};
const limits = { at: '', rowsPerBatch: 50, rounds: [costs, { ...costs, send: 6 }, { ...costs, send: 9 }] };
const cpu = (cpuMicros: number, commitsPerMessage = 0.02): Readings => ({
  ours: { values: { cpuMicros, commitsPerMessage }, faults: [] },
});

describe('the floor', () => {
  it('is one reading, one row, a share of one publish, and a delivery to each', () => {
    expect(floorMicros(costs, { members: 10, rowsPerBatch: 50, deliver: 6.6 })).toBeCloseTo(7 + 66 + 17 + 4 + 1);
    expect(floorMicros(costs, { members: 2, rowsPerBatch: 1, deliver: 6.6 })).toBeCloseTo(7 + 13.2 + 17 + 4 + 50);
  });

  it('takes the median of what each part cost', () => {
    expect(floorOf(limits, 10)).toEqual({ alone: expect.closeTo(95), ofEight: expect.closeTo(38) });
    expect(floorOf({ ...limits, rounds: [] }, 10)).toBeUndefined();
  });

  it('is compared with what ours cost, round by round', () => {
    expect(shareOf(95, [cpu(100), cpu(190), cpu(95)])).toEqual({ median: 0.95, min: 0.5, max: 1 });
    expect(shareOf(95, [{}])).toBeUndefined();
  });

  it('is that of the batches which ours reached', () => {
    expect(rowsPerBatchOf([cpu(1, 0.02), cpu(1, 0.5), cpu(1, 0.025)])).toBe(40);
    expect(rowsPerBatchOf([cpu(1, 3)])).toBe(1);
    expect(rowsPerBatchOf([])).toBeUndefined();
  });

  it('stands among the goals and beside the limits', () => {
    const rooms = result('rooms-of-10', [cpu(100)]);
    expect(goalTable({ limits, 'rooms-of-10': rooms }).split('\n').at(-1)).toMatch(/≥ 0\.8 \| 0\.950 .* \| yes \|$/);
    expect(limitTable({ limits, 'rooms-of-10': rooms })).toContain('each delivery a write of its own, µs | 95 |');
  });
});
