import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '@parley/cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Summary } from '../lib/summary.ts';
import { exitCode, findK6 } from '../run/k6.ts';
import { type Fault, smallCrowd, startFaultyServer } from '../test/faulty-server.ts';

const loadtest = join(import.meta.dirname, '..');

/** What k6 itself says of a crowd at such a server: its exit code, and the thresholds that were crossed. */
async function runK6(fault: Fault) {
  const server = await startFaultyServer(fault);
  const work = mkdtempSync(join(tmpdir(), 'parley-oracle-'));
  onTestFinished(async () => {
    await server.close();
    rmSync(work, { recursive: true, force: true });
  });
  const { plan, seats } = smallCrowd(server.url);
  const settings = {
    PARLEY_PLAN: join(work, 'plan.json'),
    PARLEY_SEATS: join(work, 'seats.json'),
    PARLEY_SUMMARY: join(work, 'summary.json'),
  };
  writeFileSync(settings.PARLEY_PLAN, JSON.stringify(plan));
  writeFileSync(settings.PARLEY_SEATS, JSON.stringify(seats));
  const k6 = await findK6({ readable: [loadtest, work], writable: [work] }, silent);
  const script = join(loadtest, 'scenarios', 'main.ts');
  const code = await exitCode(k6, ['run', '--quiet', '--no-usage-report'], settings, script);
  const { metrics } = JSON.parse(readFileSync(settings.PARLEY_SUMMARY, 'utf8')) as Summary;
  const crossed = Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.values(thresholds).every(({ ok }) => ok) ? [] : [name],
  );
  return { code, crossed };
}

describe('the oracle in k6', () => {
  it('passes at a server that does nothing wrong', async () => {
    expect(await runK6('none')).toEqual({ code: 0, crossed: [] });
  });

  it.each([
    ['loses', 'parley_lost'],
    ['skips', 'parley_gap_repaired'],
    ['doubles', 'parley_duplicated'],
    ['reorders', 'parley_reordered'],
    ['stores twice', 'parley_duplicated'],
    ['cuts', 'parley_cut'],
  ] as const)('fails with 99 at one that %s, for %s alone', async (fault, metric) => {
    expect(await runK6(fault)).toEqual({ code: 99, crossed: [metric] });
  });
});
