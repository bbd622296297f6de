import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Trouble } from '@parley/cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Summary } from '../lib/summary.ts';
import { drawChart } from '../run/chart.ts';
import { chartsOf } from '../run/charts.ts';
import { readCommand, usage } from '../run/command.ts';
import { driftInWords, driftsOf, kneeOf, stepsOf } from '../run/findings.ts';
import { archiveName, fleetSteps, manifestOf, podsOf } from '../run/fleet.ts';
import { version } from '../run/k6.ts';
import { compare, comparisonOf, outcomeOf } from '../run/outcome.ts';
import { drawReport } from '../run/page.ts';
import type { Sample } from '../run/servers.ts';
import type { Plan, Seat } from '../scenarios/plan.ts';
import { sampleEvery, secondsOf, shareOf } from '../scenarios/plan.ts';
import { profiles, type Scenario, scenarios } from '../scenarios/table.ts';

const all: [string, Scenario][] = Object.entries(scenarios);

describe('the table of scenarios', () => {
  it.each(all)('%s asks, answers, says how to read it, and forbids what no run may do', (_name, scenario) => {
    for (const words of [scenario.asks, scenario.answers, scenario.read]) expect(words.length).toBeGreaterThan(20);
    for (const name of ['parley_lost', 'parley_duplicated', 'parley_reordered'] as const) {
      expect(scenario.thresholds[name]).toEqual(['count==0']);
    }
  });

  it.each(all)(
    '%s fits a minute in a pipeline, and gives every client to one VU in each profile',
    (_name, { sizes }) => {
      expect(secondsOf(sizes.ci)).toBeLessThanOrEqual(50);
      for (const profile of profiles) {
        const size = sizes[profile];
        const seats = Array.from({ length: size.clients }, (_, sender) => ({ sender }) as Seat);
        const shares = Array.from({ length: size.vus }, (_, vu) => shareOf(seats, size, vu));
        expect(shares.flat().map(({ sender }) => sender)).toEqual(seats.map(({ sender }) => sender));
        // Whole conversations, unless one is larger than a share.
        const isSplit = shares.some((share) => (share[0]?.sender ?? 0) % size.roomSize !== 0);
        expect(isSplit).toBe(size.roomSize > Math.ceil(size.clients / size.vus));
      }
    },
  );

  it('samples what everybody hears, so that an hour fits into memory', () => {
    const hour = { clients: 10, roomSize: 10, connectSeconds: 1, vus: 1, steps: [{ seconds: 3_600, perSecond: 100 }] };
    expect(sampleEvery(hour)).toBe(36);
    expect(sampleEvery({ ...hour, steps: [{ seconds: 10, perSecond: 1 }] })).toBe(1);
  });
});

describe('the command', () => {
  it('takes a scenario and a profile, a laptop unless it is said otherwise', () => {
    expect(readCommand(['smoke'])).toMatchObject({ name: 'smoke', profile: 'laptop' });
    expect(readCommand(['--', 'ramp', '--profile', 'ci'])).toMatchObject({ name: 'ramp', profile: 'ci' });
    expect(readCommand(['--help'])).toBeUndefined();
    for (const [name] of all) expect(usage).toContain(name);
  });

  it.each([
    [['smoek'], /no scenario "smoek"/, 'reconnect-storm'],
    [[], /Name a scenario/, 'smoke'],
    [['smoke', '--profile', 'phone'], /no profile "phone"/, 'laptop, ci, fleet'],
    [['smoke', 'ramp'], /One scenario/, undefined],
    [['smoke', '--sekonds', '3'], /sekonds/, '--help'],
    [['smoke', '--url', 'chat.example'], /"chat.example" is no base URL/, 'https://'],
    [['smoke', '--url', 'http://'], /no base URL/, 'https://'],
    [['smoke', '--profile', 'fleet'], /where the cluster is/, '--url'],
    [['smoke', '--against', 'nowhere.json'], /nowhere.json cannot be read/, 'summary.json'],
  ])('refuses %j and lists what there is', (args, message, remedy) => {
    const refusal = catching(() => readCommand(args));
    expect(refusal.message).toMatch(message);
    if (remedy !== undefined) expect(refusal.remedy.join(' ')).toContain(remedy);
  });
});

const plan = (steps: Plan['size']['steps']): Plan => ({
  scenario: 'ramp',
  contract: 'native',
  url: 'http://a',
  size: { clients: 2, roomSize: 2, connectSeconds: 1, steps, vus: 1 },
  habits: {},
  thresholds: {},
});
/** The p99 of a step that not everybody played. */
const unplayed = -1;
const summaryOf = (ackP99s: readonly number[], lost = 0): Summary => ({
  metrics: {
    parley_lost: { type: 'counter', values: { count: lost }, thresholds: { 'count==0': { ok: lost === 0 } } },
    parley_ack_ms: { type: 'trend', values: { med: ackP99s[0] ?? 0, 'p(99)': ackP99s.at(-1) ?? 0, count: 9 } },
    ...Object.fromEntries(
      ackP99s.flatMap((p99, step) => [
        [`parley_ack_ms{step:${step}}`, { type: 'trend', values: { med: 1, 'p(99)': p99 } }],
        [`parley_sent{step:${step}}`, { type: 'counter', values: { count: p99 === unplayed ? 9 : 40 } }],
        [`parley_acked{step:${step}}`, { type: 'rate', values: { rate: 1 } }],
        [`parley_delivery_ms{step:${step}}`, { type: 'trend', values: { 'p(99)': p99 + 1 } }],
      ]),
    ),
  },
});
const samples = (count: number, memory: (second: number) => number): Sample[] =>
  Array.from({ length: count }, (_, second) => ({
    atMs: second * 1_000,
    cpu: { node: second * 500, postgres: second * 100, redis: 0, haproxy: 0 },
    nodes: {
      s1: {
        connections: 2,
        memoryBytes: memory(second) * 1024 * 1024,
        lagSeconds: 0.01,
        deliveries: second * 20,
        writes: second * 10,
        publishes: second,
        repaired: 0,
        slow: 0,
        bufferBytes: 0,
        refusedHandshakes: 0,
        rows: second * 10,
        commits: second * 2,
        queuedRows: 0,
      },
    },
  }));

describe('what is found', () => {
  const rising = plan([10, 20, 40].map((perSecond) => ({ seconds: 1, perSecond })));

  it.each([
    [[5, 9, 300], 'the knee is between 20 and 40 messages/s'],
    [[5, 9, 12], 'no knee up to 40 messages/s'],
    [[400, 9, 12], 'no step kept up: already 10 messages/s were too many'],
    [[5, 300, unplayed], 'the knee is between 10 and 20 messages/s'],
  ])('the knee of a ramp with p99s of %j', (p99s, knee) => {
    expect(kneeOf(stepsOf(rising, summaryOf(p99s)))).toBe(knee);
  });

  it('what drifts while the load stays the same, after the warm-up', () => {
    const level = plan([1, 1, 1].map(() => ({ seconds: 3, perSecond: 10 })));
    const drifts = driftsOf(
      level,
      summaryOf([90, 10, 15]),
      samples(10, (second) => (second < 4 ? 50 : 100 + second)),
    );
    expect(drifts).toMatchObject([
      { what: 'p99 of acknowledgements', first: 10, last: 15 },
      { what: 'p99 of deliveries', first: 11, last: 16 },
      { what: 'memory of all nodes', first: 104.5, last: 108.5 },
      { what: 'event loop lag of the slowest node, p99', first: 10, last: 10 },
    ]);
    expect(
      driftsOf(
        rising,
        summaryOf([1, 2, 3]),
        samples(10, () => 1),
      ),
    ).toEqual([]);
  });

  it('the slope of memory, where a run is long enough to say it', () => {
    const level = plan([1, 1].map(() => ({ seconds: 0, perSecond: 10 })));
    const [, , memory] = driftsOf(
      level,
      summaryOf([10, 10]),
      samples(1_802, (second) => 1_000 + second / 60),
    );
    expect(memory).toMatchObject({ what: 'memory of all nodes' });
    // A thousandth of the first third's mean each minute.
    expect(memory?.inTenMinutes).toBeCloseTo(0.00995, 4);
    expect(driftInWords(memory!)).toMatch(/^memory of all nodes: 1005\.\d → 1025\.\d MB, 1\.0 % in ten minutes$/);
  });

  it('what changed since an earlier run of the same scenario and size, and nothing of another one', () => {
    const before = outcomeOf(
      'ci',
      rising,
      summaryOf([5, 9, 12]),
      samples(3, () => 1),
    );
    const now = outcomeOf(
      'ci',
      rising,
      summaryOf([5, 9, 24], 2),
      samples(3, () => 1),
    );
    const text = comparisonOf(compare(before, now), before.at);
    expect(text).toMatch(/parley_ack_ms p\(99\)\s+12 → 24 {2}\+100 %/);
    expect(text).toMatch(/parley_lost count\s+0 → 2/);
    expect(text).toMatch(/server CPU, µs\/message\s+60000 → 60000 {2}\+0 %/);
  });

  it.each([
    ['the same', 'ramp', 'ci', undefined],
    ['another scenario', 'smoke', 'ci', /run of smoke, profile ci cannot be compared with one of ramp, profile ci/],
    ['another profile', 'ramp', 'laptop', /profile laptop cannot be compared/],
  ] as const)('an earlier run of %s is accepted or refused before anything runs', (_what, name, profile, refusal) => {
    const folder = mkdtempSync(join(tmpdir(), 'parley-against-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'summary.json');
    writeFileSync(path, JSON.stringify(outcomeOf('ci', rising, summaryOf([5, 9, 12]), [])));
    const read = (): unknown => readCommand([name, '--profile', profile, '--against', path]);
    if (refusal) expect(catching(read).message).toMatch(refusal);
    else expect(read()).toMatchObject({ against: { scenario: 'ramp', profile: 'ci' } });
  });
});

describe('the report', () => {
  it('holds the verdict, the charts of the servers and the dashboard of k6 in one file that asks no network', () => {
    const rising = plan([
      { seconds: 1, perSecond: 10 },
      { seconds: 1, perSecond: 20 },
    ]);
    const outcome = outcomeOf(
      'ci',
      rising,
      summaryOf([5, 9], 3),
      samples(5, () => 50),
    );
    const marks = [{ x: 2, label: 'kill -9 of s1' }];
    const charts = chartsOf(
      samples(5, () => 50),
      marks,
    );
    const page = drawReport({
      outcome,
      scenario: scenarios.ramp,
      charts,
      marks,
      compared: undefined,
      felt: [{ title: 'p99 of a second', unit: 'ms', lines: [] }],
      dashboard: '<b>k6</b>',
    });
    expect(page).toContain('ramp: FAILED: parley_lost');
    expect(page.match(/<svg/g)).toHaveLength(charts.length + 1);
    expect(page).toContain('kill -9 of s1');
    expect(page).toContain('srcdoc="&lt;b&gt;k6&lt;/b&gt;"');
    expect(page).not.toMatch(/(?:src|href)="http/);
  });

  it('draws counters as what was added each second, and begins anew when a node does', () => {
    const [first, second, third] = samples(3, () => 1);
    const died = { ...third!, nodes: { s1: { ...third!.nodes['s1']!, deliveries: 7 } } };
    const told = chartsOf([first!, second!, died]).find(({ title }) => title.startsWith('Events'));
    expect(told?.lines[0]?.points).toEqual([
      { x: 1, y: 20 },
      { x: 2, y: 7 },
    ]);
    expect(drawChart(told!)).toContain('polyline points="');
    expect(chartsOf([])).toEqual([]);
  });
});

describe('the manifest of a fleet', () => {
  it('splits the VUs over pods that carry their clients', () => {
    const fleet: Plan = { ...plan([]), scenario: 'hot-room', size: scenarios['direct-messages'].sizes.fleet };
    expect(podsOf(fleet)).toBe(10);
    const manifest = manifestOf(fleet);
    expect(manifest).toContain('parallelism: 10');
    expect(manifest).toContain(`file: ${archiveName(fleet)}`);
    expect(manifest).toContain('name: parley-hot-room');
  });

  it('runs the k6 that is used here, and leaves the pods, whose logs are all that there is of a run', () => {
    const fleet: Plan = { ...plan([]), scenario: 'hot-room', size: scenarios['hot-room'].sizes.fleet };
    const manifest = manifestOf(fleet);
    expect(manifest).toContain(`image: grafana/k6:${version}`);
    expect(manifest).not.toContain('cleanup');
    const [logs, last] = fleetSteps(fleet, 'results').slice(-2);
    expect(logs).toMatch(/kubectl logs .*k6_cr=parley-hot-room,runner=true/);
    expect(last).toMatch(/kubectl delete -f results\/hot-room.yaml/);
  });
});

function catching(work: () => unknown): Trouble {
  try {
    work();
  } catch (error) {
    if (error instanceof Trouble) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
