import { expect, it } from 'vitest';
import { feltIn } from '../run/felt.ts';

/** As k6 2.2 records a run: a metric is new at any time, and shifts those behind its name. */
const recording = [
  {
    event: 'param',
    data: { aggregates: { trend: ['avg', 'med', 'p(99)'], counter: ['count', 'rate'], gauge: ['value'] } },
  },
  { event: 'metric', data: { time: { type: 'gauge' }, parley_ack_ms: { type: 'trend' } } },
  { event: 'start', data: [[1_000]] },
  { event: 'snapshot', data: [[3, 2, 9], [1_000]] },
  { event: 'metric', data: { parley_cut: { type: 'counter' }, parley_lost: { type: 'counter' } } },
  { event: 'snapshot', data: [[], [5, 5], [0, 0], [2_000]] },
  { event: 'snapshot', data: [[4, 3, 8], [], [], [3_000]] },
  { event: 'cumulative', data: [[4, 3, 9], [5, 2], [0, 0], [3_000]] },
];
const text = recording.map((line) => `${JSON.stringify(line)}\n`).join('');

it('draws what clients felt in each second, and nothing that never happened', () => {
  const charts = feltIn(text, 500, [{ x: 1, label: 'kill' }]);
  expect(charts.map(({ title, lines }) => [title, lines])).toEqual([
    [
      'p50 of a second',
      [
        {
          name: 'acknowledgement',
          points: [
            { x: 0.5, y: 2 },
            { x: 2.5, y: 3 },
          ],
        },
      ],
    ],
    [
      'p99 of a second',
      [
        {
          name: 'acknowledgement',
          points: [
            { x: 0.5, y: 9 },
            { x: 2.5, y: 8 },
          ],
        },
      ],
    ],
    [
      'Cut, repaired, or judged faulty',
      [
        {
          name: 'cut',
          points: [
            { x: 0.5, y: 0 },
            { x: 1.5, y: 5 },
            { x: 2.5, y: 0 },
          ],
        },
      ],
    ],
  ]);
  expect(charts[0]?.marks).toEqual([1]);
});

it('draws nothing of a run that k6 recorded nothing of', () => {
  expect(feltIn('', 0)).toEqual([]);
});
