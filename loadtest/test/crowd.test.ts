import { describe, expect, it } from 'vitest';
import { openInNode } from '../lib/open-node.ts';
import { play } from '../scenarios/crowd.ts';
import type { Plan } from '../scenarios/plan.ts';
import { type Fault, smallCrowd, startFaultyServer } from './faulty-server.ts';
import { createMeasures } from './measures.ts';

/** A small crowd at a server that wrongs one of them once. */
async function run(fault: Fault, changed: Partial<Plan> = {}) {
  const server = await startFaultyServer(fault);
  const measures = createMeasures();
  await new Promise<void>((done) => {
    const { plan, seats } = smallCrowd(server.url);
    play({ plan: { ...plan, ...changed }, seats, open: openInNode, measure: measures.add, done });
  });
  await server.close();
  return measures.counts();
}

const clean = { parley_lost: 0, parley_duplicated: 0, parley_reordered: 0, parley_gap_repaired: 0 };

describe.concurrent('the oracle of the load test', () => {
  it.each([
    ['none', {}],
    ['loses', { parley_lost: 1 }],
    ['skips', { parley_gap_repaired: 1 }],
    ['doubles', { parley_duplicated: 1 }],
    ['reorders', { parley_reordered: 1 }],
    // Every member of both conversations has it twice.
    ['stores twice', { parley_duplicated: 6 }],
    // What was said meanwhile is fetched, and what was not answered is sent again.
    ['cuts', { parley_cut: 6, parley_recovery_ms: 6 }],
    ['cuts and limits', { parley_cut: 6, parley_recovery_ms: 6 }],
    // They come in all the same: nobody was cut, and it took as long as it took.
    ['turns away', { parley_cut: 0, parley_recovery_ms: 0, parley_connect_ms: 6 }],
  ] as const)('finds what a server does that %s', async (fault, found) => {
    const counts = await run(fault);
    expect(counts).toMatchObject({ ...clean, ...found });
    expect(counts.parley_acked).toBe(counts.parley_sent);
    expect(counts.parley_sent).toBe(20);
    expect(counts.parley_connected).toBe(6);
    expect(counts.parley_judged).toBe(6);
  });
});

describe.concurrent('a rate that rises until the servers lag', () => {
  const { size } = smallCrowd('').plan;
  const steps = [
    { seconds: 0.3, perSecond: 20 },
    { seconds: 1, perSecond: 40 },
    { seconds: 0.5, perSecond: 40 },
  ];

  it.each([
    ['ends with the step that is late, and judges everybody', 'lags', true, 46],
    ['goes on while they answer in time', 'none', true, 66],
    ['goes on where it is to be kept', 'lags', false, 66],
  ] as const)('%s', async (_what, fault, untilLate, sent) => {
    const counts = await run(fault, { size: { ...size, steps }, untilLate });
    expect(counts).toMatchObject({ ...clean, parley_sent: sent, parley_acked: sent, parley_judged: 6 });
  });
});
