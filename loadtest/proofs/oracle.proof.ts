import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { silent } from '@parley/cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Summary } from '../lib/summary.ts';
import { pack } from '../run/fleet.ts';
import { exitCode, findK6, type K6, mainPath } from '../run/k6.ts';
import type { Plan } from '../scenarios/plan.ts';
import { type Fault, smallCrowd, startFaultyServer } from '../test/faulty-server.ts';

const loadtest = join(import.meta.dirname, '..');

/** A small crowd at such a server, as k6 is given it. */
async function startCrowd(fault: Fault, changed = (plan: Plan): Plan => plan) {
  const server = await startFaultyServer(fault);
  const work = mkdtempSync(join(tmpdir(), 'parley-oracle-'));
  onTestFinished(async () => {
    await server.close();
    rmSync(work, { recursive: true, force: true });
  });
  const { plan, seats } = smallCrowd(server.url);
  const files = { PARLEY_PLAN: join(work, 'plan.json'), PARLEY_SEATS: join(work, 'seats.json') };
  writeFileSync(files.PARLEY_PLAN, JSON.stringify(changed(plan)));
  writeFileSync(files.PARLEY_SEATS, JSON.stringify(seats));
  return { files, work, k6: await findK6({ readable: [loadtest, work], writable: [work] }, silent) };
}

const pods = ['0:1/2', '1/2:1'] as const;

/** What k6-operator starts in a pod, and what `kubectl logs` then shows. */
async function logOfPod({ command, args }: K6, archive: string, segment: string): Promise<string> {
  const split = [`--execution-segment=${segment}`, '--execution-segment-sequence=0,1/2,1'];
  const run = ['run', '--quiet', ...split, '--no-usage-report', archive, '--address=127.0.0.1:0'];
  return (await promisify(execFile)(command, [...args, ...run])).stdout;
}

/** What k6 itself says: its exit code, and the thresholds that were crossed. */
async function runK6(k6: K6, work: string, files: Record<string, string>, script = mainPath) {
  const summary = join(work, 'summary.json');
  const settings = { ...files, PARLEY_SUMMARY: summary };
  const code = await exitCode(k6, ['run', '--quiet', '--no-usage-report'], settings, script);
  const { metrics } = JSON.parse(readFileSync(summary, 'utf8')) as Summary;
  const crossed = Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.values(thresholds).every(({ ok }) => ok) ? [] : [name],
  );
  return { code, crossed };
}

describe('the oracle in k6', () => {
  it('passes at a server that does nothing wrong', async () => {
    const { k6, work, files } = await startCrowd('none');
    expect(await runK6(k6, work, files)).toEqual({ code: 0, crossed: [] });
  });

  it('runs the same in the pods of a fleet, which are given an archive and leave a log', async () => {
    const { k6, work, files } = await startCrowd('none', (plan) => ({
      ...plan,
      size: { ...plan.size, vus: pods.length },
      // A pod knows its own clients only.
      thresholds: { ...plan.thresholds, parley_judged: [] },
    }));
    const archive = join(work, 'smoke.tar');
    await pack(k6, files, archive);
    for (const file of Object.values(files)) rmSync(file);
    const logs = await Promise.all(pods.map((segment) => logOfPod(k6, archive, segment)));
    for (const log of logs) {
      expect(log).toMatch(/^parley_ack_ms count=10  med=/m);
      expect(log).toMatch(/^parley_judged count=3  /m);
      expect(log).toMatch(/^smoke: PASSED$/m);
    }
  });

  it.each([
    ['loses', 'parley_lost'],
    ['skips', 'parley_gap_repaired'],
    ['doubles', 'parley_duplicated'],
    ['reorders', 'parley_reordered'],
    ['stores twice', 'parley_duplicated'],
    ['cuts', 'parley_cut'],
    ['mutes', 'parley_judged'],
  ] as const)('fails with 99 at one that %s, for %s alone', async (fault, metric) => {
    const { k6, work, files } = await startCrowd(fault);
    expect(await runK6(k6, work, files)).toEqual({ code: 99, crossed: [metric] });
  });

  it('fails with 99 at one that breaks a VU, whose clients then find nothing any more', async () => {
    const { k6, work, files } = await startCrowd('babbles');
    const { code, crossed } = await runK6(k6, work, files);
    expect(code).toBe(99);
    expect(crossed).toContain('parley_judged');
  });
});
