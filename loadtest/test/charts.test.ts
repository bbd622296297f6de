import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chartsOf } from '../bench/charts.ts';
import { drawBars } from '../bench/draw.ts';
import { readResults, resultsDir } from '../bench/results.ts';
import { result } from './result.ts';

describe('bars', () => {
  it('are as long as their values, one part after the other, with their sum', () => {
    const svg = drawBars({ title: 't', unit: 'µs', parts: ['a', 'b'], bars: [{ name: 'x<y', values: [30, 10] }] });
    expect([...svg.matchAll(/<rect x="([\d.]+)" y="40" width="([\d.]+)"/g)].map(([, ...at]) => at)).toEqual([
      ['190.0', '277.5'],
      ['467.5', '92.5'],
    ]);
    expect(svg).toContain('x&lt;y</text>');
    expect(svg).toContain('class="label">40</text>');
  });
});

describe('the charts of the bench', () => {
  it('are drawn from what there is, and left out without it', () => {
    expect(chartsOf({})).toEqual({});
    const values = { deliveryP99Ms: 12, ackedPerSecond: 1_500 };
    const open = result('open-1500', [{ ours: { values, faults: [] }, B0: { values, faults: [] } }]);
    const charts = chartsOf({ 'open-1500': open });
    expect(Object.keys(charts)).toEqual(['bench-latency.svg']);
    expect(charts['bench-latency.svg']).toMatch(/^<svg xmlns=[^]*1500\/s<[^]*>B0</);
  });

  it('that are kept are what their numbers draw', () => {
    for (const [name, svg] of Object.entries(chartsOf(readResults(resultsDir)))) {
      const path = join(resultsDir, name);
      expect(existsSync(path) && readFileSync(path, 'utf8')).toBe(svg);
    }
  });
});
