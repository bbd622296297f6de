import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { type Progress, Trouble } from '@parley/cluster';
import { type Summary, verdictOf } from '../lib/summary.ts';
import { judgingAll, type Plan, type Seat, secondsOf } from '../scenarios/plan.ts';
import { chartsOf } from './charts.ts';
import type { Command } from './command.ts';
import { costInWords, driftInWords } from './findings.ts';
import { disturbances, requireLocal } from './disturbances.ts';
import { archiveName, fleetSteps, manifestOf, pack } from './fleet.ts';
import { feltIn } from './felt.ts';
import { exitCode, findK6, type K6, mainPath } from './k6.ts';
import { compare, comparisonOf, type Outcome, outcomeOf } from './outcome.ts';
import { drawReport, type Mark, type Report } from './page.ts';
import { prepare } from './prepare.ts';
import { gainOf, type Sample, sumOf, watchServers } from './servers.ts';
import { findTarget, type Target } from './target.ts';

const loadtest = join(import.meta.dirname, '..');
const [dashboardName, recordingName] = ['k6.html', 'k6.ndjson'];
/** In a pipe, and in a terminal too: a line in so many seconds. */
const progressEvery = 5;
/** k6's own words for a crossed threshold, and for an interruption. */
const [crossed, interrupted] = [99, 105];

/**
 * One run from its preparation to its report.
 * @returns the exit code: 0, 99 when a threshold was crossed, 1 when somebody interrupted it
 */
export async function runHere(command: Command, say: Progress): Promise<number> {
  const { name, scenario, profile, against: before } = command;
  const isHere = profile !== 'fleet';
  const target = findTarget(command);
  if (isHere) requireLocal(scenario.disturbance, target);
  const spaceName = scenario.contract === 'native' ? 'main' : scenario.contract;
  const { contract, habits, sizes, untilLate } = scenario;
  const size = sizes[profile];
  const thresholds = isHere ? judgingAll(scenario.thresholds, size) : scenario.thresholds;
  const plan: Plan = { scenario: name, contract, url: target.urlOf(spaceName), size, habits, untilLate, thresholds };
  const results = resultsFolder(name);
  const work = mkdtempSync(join(tmpdir(), 'parley-loadtest-'));
  try {
    const k6 = await findK6({ readable: [loadtest, work], writable: [results] }, say);
    say(`preparing ${size.clients} users in conversations of ${size.roomSize}`);
    const seats = await prepare({ baseUrl: plan.url, space: target.space(spaceName), contract, size });
    const files = writeFiles(work, plan, seats);
    if (!isHere) return await packFleet(k6, { plan, files, results, say });
    say(`${name} (${profile}) for ${secondsOf(size)} s at ${plan.url}: ${scenario.asks}`);
    const { code, fromMs, samples, marks } = await runK6(k6, { ...scenario, plan, seats, target, files, results, say });
    const summary = readSummary(join(results, 'summary.json'), code);
    const outcome = outcomeOf(profile, plan, summary, samples);
    const compared = before && { rows: compare(before, outcome), at: before.at };
    const charts = chartsOf(samples, marks);
    writeResults(results, fromMs, { outcome, scenario, charts, marks, compared });
    for (const line of found(outcome)) say(line);
    if (compared) say(comparisonOf(compared.rows, compared.at));
    say(`${relative(process.cwd(), join(results, 'report.html'))}, and summary.json beside it`);
    if (code === interrupted) {
      say(`${name}: interrupted; the report holds what there was until then, and judges nothing`);
      return 1;
    }
    say(verdictOf(name, outcome).trimEnd());
    return code;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Nothing runs here: what pods of k6 need is written, and how they get it. */
async function packFleet(k6: K6, { plan, files, results, say }: Pick<Run, 'plan' | 'files' | 'results' | 'say'>) {
  await pack(k6, files, join(results, archiveName(plan)));
  writeFileSync(join(results, `${plan.scenario}.yaml`), manifestOf(plan));
  for (const line of fleetSteps(plan, relative(process.cwd(), results))) say(line);
  return 0;
}

/** @returns where the script finds them */
function writeFiles(work: string, plan: Plan, seats: readonly Seat[]): Record<string, string> {
  const files = { PARLEY_PLAN: join(work, 'plan.json'), PARLEY_SEATS: join(work, 'seats.json') };
  writeFileSync(files.PARLEY_PLAN, JSON.stringify(plan));
  writeFileSync(files.PARLEY_SEATS, JSON.stringify(seats));
  return files;
}

function writeResults(results: string, fromMs: number, found: Omit<Report, 'dashboard' | 'felt'>): void {
  writeFileSync(join(results, 'summary.json'), `${JSON.stringify(found.outcome, undefined, 2)}\n`);
  const dashboard = taken(join(results, dashboardName));
  const felt = feltIn(taken(join(results, recordingName)) ?? '', fromMs, found.marks);
  writeFileSync(join(results, 'report.html'), drawReport({ ...found, dashboard, felt }));
}

/** What k6 wrote for us alone; it makes none of a short run. */
function taken(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  rmSync(path);
  return text;
}

function resultsFolder(name: string): string {
  const at = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const folder = join(loadtest, '..', '.parley', 'loadtest', name, at);
  mkdirSync(folder, { recursive: true });
  return folder;
}

type Run = {
  plan: Plan;
  seats: readonly Seat[];
  target: Target;
  files: Record<string, string>;
  results: string;
  disturbance?: keyof typeof disturbances;
  say: Progress;
};

/** k6, what is done to the servers meanwhile, and what they say of it. */
async function runK6(k6: K6, { plan, seats, target, files, results, disturbance, say }: Run) {
  const settings = {
    ...files,
    PARLEY_SUMMARY: join(results, 'summary.json'),
    // Its port stays closed: the dashboard is only exported.
    K6_WEB_DASHBOARD: 'true',
    K6_WEB_DASHBOARD_PORT: '-1',
    K6_WEB_DASHBOARD_PERIOD: '1s',
    K6_WEB_DASHBOARD_EXPORT: join(results, dashboardName),
    K6_WEB_DASHBOARD_RECORD: join(results, recordingName),
    // It would ask the network for extensions.
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
  };
  const marks: Mark[] = [];
  const ended = new AbortController();
  const fromMs = Date.now();
  const watching = watchServers(target, ended.signal, progressOf(plan, fromMs, say));
  const disturbing = disturbance && disturb(disturbance);
  const running = exitCode(k6, ['run', '--quiet', '--no-usage-report'], settings, mainPath).finally(() =>
    ended.abort(),
  );
  // What fails beside k6 is thrown when k6 has ended: as an unhandled rejection it would end us, and leave k6 alone.
  await Promise.allSettled([running, watching, disturbing]);
  const [code, samples] = await Promise.all([running, watching, disturbing]);
  return { code, fromMs, samples, marks };

  async function disturb(which: keyof typeof disturbances): Promise<void> {
    const told = (line: string): void => {
      marks.push({ x: (Date.now() - fromMs) / 1000, label: line });
      say(line);
    };
    try {
      await disturbances[which]({ target, plan, seats, say: told, signal: ended.signal });
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    }
  }
}

function progressOf(plan: Plan, fromMs: number, say: Progress): (sample: Sample) => void {
  let last: Sample | undefined;
  return (sample) => {
    if (last && sample.atMs - last.atMs < progressEvery * 1000) return;
    const seconds = last ? (sample.atMs - last.atMs) / 1000 : 1;
    const rate = (reading: 'rows' | 'deliveries'): number =>
      last ? Math.round(gainOf(last, sample, reading) / seconds) : 0;
    const at = Math.round((sample.atMs - fromMs) / 1000);
    say(
      `${String(at).padStart(5)} of ${secondsOf(plan.size)} s  ${sumOf(sample, 'connections')} connections, ` +
        `${rate('rows')} messages/s stored, ${rate('deliveries')} events/s told`,
    );
    last = sample;
  };
}

/** @throws Trouble when k6 did not come to its end */
function readSummary(path: string, code: number): Summary {
  if (existsSync(path) && [0, crossed, interrupted].includes(code))
    return JSON.parse(readFileSync(path, 'utf8')) as Summary;
  throw new Trouble(`k6 did not come to its end (${code}).`, [`what it wrote is above; ${dirname(path)}`]);
}

function found({ knee, drifts, steps, cost }: Outcome): string[] {
  const rises = knee !== '';
  return [
    ...(rises
      ? steps.map(
          ({ perSecond, ackP50, ackP99, deliveryP99 }) =>
            `${String(perSecond).padStart(7)} messages/s  ack ${ackP50.toFixed(1)} / ${ackP99.toFixed(1)} ms, delivery p99 ${deliveryP99.toFixed(1)} ms`,
        )
      : []),
    ...(rises ? [knee] : []),
    ...drifts.map(driftInWords),
    ...(cost ? [costInWords(cost)] : []),
  ];
}
