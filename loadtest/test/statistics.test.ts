import { describe, expect, it } from 'vitest';
import { parseStat } from '../bench/cpu.ts';
import { readOptions } from '../bench/options.ts';
import { spreadOf } from '../bench/statistics.ts';
import { createHistogram } from '../generator/histogram.ts';

describe('the histogram', () => {
  it('reads percentiles within one per cent, from microseconds to minutes', () => {
    const histogram = createHistogram();
    for (let ms = 1; ms <= 10_000; ms += 1) histogram.record(ms / 10);
    const { p50, p95, p99, max, samples } = histogram.read();
    for (const [read, exact] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const) {
      expect(read).toBeLessThanOrEqual(exact);
      expect(read).toBeGreaterThan(exact * 0.98);
    }
    expect([max, samples]).toEqual([1_000, 10_000]);
  });

  it('keeps what lies beyond its ends in its last buckets', () => {
    const histogram = createHistogram();
    histogram.record(0);
    histogram.record(1e9);
    expect(histogram.read()).toMatchObject({ samples: 2, max: 1e9 });
  });

  it('says that it knows nothing when nothing was recorded', () => {
    expect(createHistogram().read()).toMatchObject({ p50: Number.NaN, p99: Number.NaN, samples: 0 });
  });
});

describe('the spread of some values', () => {
  it('is their median between the least and the most', () => {
    expect(spreadOf([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  });
});

describe('the options of the benchmark', () => {
  it('are those of the issue when nothing is said', () => {
    expect(readOptions([])).toMatchObject({
      clients: 200,
      roomSize: 10,
      nodes: 2,
      rounds: 3,
      load: { kind: 'closed', window: 1 },
    });
  });

  it('turn to an open loop by its rate', () => {
    expect(readOptions(['--', '--open', '500'])).toMatchObject({ load: { kind: 'open', rate: 500 } });
  });

  it.each([
    [['--clients', '15']],
    [['--rounds', '0']],
    [['--repeats', '1.5']],
    [['--open', 'fast']],
    [['--only', 'theirs']],
  ])('refuse %j with a sentence', (args) => {
    expect(() => readOptions(args)).toThrow(/^--/);
  });
});

describe('the CPU time of a process', () => {
  it('is read behind a name that holds spaces and brackets, its buried children apart', () => {
    const line = '77 (a (bad) name) S 41 77 77 0 -1 4194560 900 800 0 0 120 30 7 5 20 0 1 0 99 1000 50';
    expect(parseStat(line)).toEqual({ parent: 41, ownMs: 1_500, buriedMs: 120 });
  });
});
