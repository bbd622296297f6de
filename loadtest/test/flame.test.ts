import { describe, expect, it } from 'vitest';
import { type CpuProfile, callsOf, drawFlame } from '../bench/flame.ts';

const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 9 });

/** It starts, flushes, writes twice for it, and waits. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(root)'), children: [2, 5, 6] },
    {
      id: 2,
      callFrame: frame('flush', 'file:///x/packages/fanout-socketio/src/fanout.ts'),
      children: [3, 4],
    },
    {
      id: 3,
      callFrame: frame('write', 'file:///x/node_modules/.pnpm/ws@8/node_modules/ws/lib/sender.js'),
    },
    { id: 4, callFrame: frame('') },
    { id: 5, callFrame: frame('(idle)') },
    { id: 6, callFrame: frame('link', 'node:internal/modules/esm/module_job') },
  ],
  samples: [6, 2, 3, 3, 4, 5],
  timeDeltas: [7_000, 100, 300, 200, 400, 5_000],
};

describe('a flame graph', () => {
  it('adds up who called whom over all processes, and leaves out starting and waiting', () => {
    const root = callsOf([profile, profile]);
    expect(root.micros).toBe(2_000);
    const [flush] = root.calls.values();
    expect(flush).toMatchObject({ name: 'flush', from: 'fanout-socketio/src/fanout.ts:10', micros: 2_000 });
    expect([...(flush?.calls.values() ?? [])].map(({ name, from, micros }) => [name, from, micros])).toEqual([
      ['write', 'ws/lib/sender.js:10', 1_000],
      ['(anonymous)', '', 800],
    ]);
  });

  it('draws time as width, the longest first, and names what has room for it', () => {
    const svg = drawFlame('a < b', callsOf([profile]));
    expect(svg).toContain('a &lt; b</text>');
    expect([...svg.matchAll(/<rect x="([\d.]+)" y="(\d+)" width="([\d.]+)"/g)].map(([, ...at]) => at)).toEqual([
      ['0.0', '40', '1200.0'],
      ['0.0', '56', '1200.0'],
      ['0.0', '72', '600.0'],
      ['600.0', '72', '480.0'],
    ]);
    expect(svg).toContain('<title>write ws/lib/sender.js:10, 50.0 %</title>');
    expect(svg).toContain('>write</text>');
    expect(svg).not.toContain('/x/');
  });
});
