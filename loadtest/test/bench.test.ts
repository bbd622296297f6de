import { describe, expect, it } from 'vitest';
import { readBenchOptions } from '../bench/bench-options.ts';
import { caseNames, caseOf } from '../bench/cases.ts';
import { type Goal, goals, isReached, type Readings, spreadOfGoal } from '../bench/goals.ts';
import { type Metric, type Reading } from '../bench/readings.ts';
import type { Result } from '../bench/results.ts';
import { turned } from '../bench/statistics.ts';
import { caseTable, faultsOf, goalTable } from '../bench/tables.ts';

const reading = (values: Partial<Record<Metric, number>>, faults: string[] = []): Reading => ({ values, faults });
const rate = (ours: number, usual: number): Readings => ({
  ours: reading({ ackedPerSecond: ours }),
  B0: reading({ ackedPerSecond: usual }),
});
const goal: Goal = {
  measure: 'rate',
  of: 'rooms-of-10',
  metric: 'ackedPerSecond',
  label: 'ours',
  against: 'B0',
  bound: { atLeast: 5 },
};

const result = (rounds: Readings[]): Result => ({
  case: 'rooms-of-10',
  at: '2026-01-02T03:04:05.000Z',
  asks: 'How fast?',
  machine: { cpu: 'some', cores: 2, memoryGiB: 8 },
  versions: {},
  postgresSettings: {},
  asked: {},
  rounds,
  discarded: [],
});

describe('a goal', () => {
  it('is the median of the ratios within rounds, not the ratio of medians', () => {
    const rounds = [rate(10, 1), rate(10, 5), rate(100, 20)];
    expect(spreadOfGoal(goal, rounds)).toEqual({ median: 5, min: 2, max: 10 });
  });

  it('leaves out a round that lacks one of the two, and knows nothing without any', () => {
    expect(spreadOfGoal(goal, [rate(12, 2), { ours: reading({ ackedPerSecond: 7 }) }])).toMatchObject({ median: 6 });
    expect(spreadOfGoal(goal, [])).toBeUndefined();
    expect(spreadOfGoal(goal, [rate(12, 0)])).toBeUndefined();
  });

  it('takes the number itself where it has no other side', () => {
    const { against: _, ...alone } = goal;
    expect(spreadOfGoal(alone, [rate(12, 2)])).toMatchObject({ median: 12 });
  });

  it('is reached at its bound, and not one step past it', () => {
    const at = (median: number) => ({ median, min: 0, max: 99 });
    expect([5, 4.99].map((value) => isReached({ bound: { atLeast: 5 } }, at(value)))).toEqual([true, false]);
    expect([0.2, 0.21].map((value) => isReached({ bound: { atMost: 0.2 } }, at(value)))).toEqual([true, false]);
  });

  it.each(goals)('reads what a case measures: $measure', ({ of, label, against }) => {
    const labels = caseOf(of).variants.map((variant) => variant.label);
    expect(labels).toEqual(expect.arrayContaining([label, ...(against === undefined ? [] : [against])]));
  });
});

describe('the cases', () => {
  it.each(caseNames)('%s fills its conversations evenly, and tells its variants apart', (name) => {
    const { variants } = caseOf(name);
    expect(new Set(variants.map(({ label }) => label)).size).toBe(variants.length);
    for (const { clients, roomSize, senders } of variants.map(({ setup }) => setup)) {
      expect([clients % roomSize, senders <= roomSize]).toEqual([0, true]);
    }
  });

  it('give every variant its turn to be first', () => {
    expect([0, 1, 2, 3].map((round) => turned(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });
});

describe('the tables', () => {
  it('say of each goal what was measured and whether it is reached', () => {
    const [line] = goalTable({ 'rooms-of-10': result([rate(40, 10)]) })
      .split('\n')
      .slice(2);
    expect(line).toContain('| ≥ 5× | ×4.000 (4.000–4.000) | **no** |');
  });

  it('call a goal whose case is absent not measured, neither reached nor missed', () => {
    const lines = goalTable({}).split('\n').slice(2);
    expect(lines).toHaveLength(goals.length + 1);
    for (const line of lines) expect(line).toMatch(/\| not measured \| {2}\|$/);
  });

  it('show each metric that somebody read, with its range', () => {
    expect(
      caseTable(result([rate(10, 1), rate(30, 1)]))
        .split('\n')
        .at(-1),
    ).toBe('| acknowledged messages/s | 20 (10–30) | 1 (1–1) |');
  });

  it('name the round and the system of a failed audit', () => {
    expect(faultsOf(result([{}, { B1: reading({}, ['3 missing']) }]))).toEqual(['round 2, B1: 3 missing']);
  });
});

describe('the options', () => {
  it('take all cases with the rounds of each, unless told otherwise', () => {
    expect(readBenchOptions([], '/p')).toMatchObject({ names: caseNames, rounds: undefined, repeats: 3, quick: false });
    expect(readBenchOptions(['--only', 'lone,hot-room', '--rounds', '5'], '/p')).toMatchObject({
      names: ['lone', 'hot-room'],
      rounds: 5,
    });
  });

  it('keep a quick run away from the results that are kept', () => {
    expect(readBenchOptions(['--quick'], '/p')).toMatchObject({ rounds: 1, dir: '/p/.parley/bench/quick' });
  });

  it('refuse what they do not know, with what there is', () => {
    expect(() => readBenchOptions(['--only', 'lonely'], '/p')).toThrow(/no case "lonely". Cases: rooms-of-10/);
    expect(() => readBenchOptions(['--rounds', '0'], '/p')).toThrow(/from 1 on, not "0"/);
  });
});
