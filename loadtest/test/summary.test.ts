import { describe, expect, it } from 'vitest';
import { measuredOf, type Summary, verdictOf } from '../lib/summary.ts';

describe('the verdict', () => {
  const summary = (held: boolean): Summary => ({
    metrics: {
      parley_lost: { type: 'counter', values: { count: held ? 0 : 3 }, thresholds: { 'count==0': { ok: held } } },
      parley_ack_ms: {
        type: 'trend',
        values: { 'p(99)': 9.876, count: 2, med: 1 },
        thresholds: { 'p(99)<250': { ok: true } },
      },
      'parley_ack_ms{step:0}': { type: 'trend', values: { 'p(99)': 9 }, thresholds: { 'max>=0': { ok: true } } },
      vus: { type: 'gauge', values: { value: 5 } },
    },
  });

  it('passes when every threshold held, and does not judge the steps', () => {
    expect(verdictOf('smoke', summary(true)).trimEnd().split('\n')).toEqual([
      '✓ parley_ack_ms  p(99)<250  (count=2  med=1  p(99)=9.88)',
      '✓ parley_lost    count==0  (count=0)',
      'smoke: PASSED',
    ]);
  });

  it('names what was crossed', () => {
    expect(verdictOf('smoke', summary(false))).toMatch(/✗ parley_lost.*\nsmoke: FAILED: parley_lost\n$/);
  });

  it('tells, for a log, what nobody judges too', () => {
    expect(measuredOf(['vus', 'parley_cut', 'parley_ack_ms'], summary(true))).toBe(
      'vus value=5\nparley_ack_ms count=2  med=1  p(99)=9.88\n',
    );
  });
});
