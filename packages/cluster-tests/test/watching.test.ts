import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allMetrics, type ClusterNode, seriesOf } from '@parley/cluster';
import { connectRedis } from '@parley/node-kit';
import { commands, errors } from '@parley/protocol';
import { until, sessionOn } from '@parley/testkit';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedCluster } from '../src/index.ts';
import {
  groupingsIn,
  infra,
  linesOf,
  metricsNamedIn,
  readDashboards,
  readPages,
  readRules,
  readRunbook,
  runLine,
  selectorsIn,
} from '../src/watching.ts';

const cluster = sharedCluster();
const rules = readRules();
const alerts = rules.flatMap(({ alert, ...rule }) => (alert === undefined ? [] : [{ alert, ...rule }]));
const pages = readRunbook();

const budgets = rules.flatMap(({ record, expr }) => (record === 'slo:error_budget:ratio' ? expr : []));

let nodes: ClusterNode[];
let haproxy: string;
/** What every node shows now, on one page. */
let shown: string;

beforeAll(async () => {
  await cluster.whole();
  nodes = await cluster.nodes();
  const textOf = async (url: string | URL) => (await fetch(url)).text();
  haproxy = await textOf(new URL('/metrics', cluster.statsUrl));
  shown = (await Promise.all(nodes.map(({ privatePort }) => textOf(`http://127.0.0.1:${privatePort}/metrics`)))).join(
    '',
  );
});

const metrics = allMetrics();
const codes = Object.keys(errors);
const isOfHaproxy = (series: string): boolean =>
  haproxy.split('\n').some((line) => line.startsWith(`${series}{`) || line.startsWith(`${series} `));
const shownIn = (page: string, series: string, label: string): string[] => [
  ...new Set(
    [...page.matchAll(new RegExp(`^${series}{.*?\\b${label}="([^"]*)"`, 'gm'))].map(([, value = '']) => value),
  ),
];

/** What a label may be, by whoever decides it. A label that nothing here says may be asked for no value of its own. */
const valuesOf: Record<string, (series: string) => readonly string[]> = {
  le: (series) => metrics.find(({ name }) => `${name}_bucket` === series)?.buckets.map(String) ?? [],
  command: () => Object.keys(commands),
  code: () => codes,
  outcome: () => ['ok', ...codes],
  status: () => ['200', ...Object.values(errors).map(({ status }) => String(status))],
  slo: () => rules.flatMap(({ labels }) => labels?.['slo'] ?? []),
  job: () => targets().map(({ labels }) => labels['job'] ?? ''),
  proxy: (series) => shownIn(haproxy, series, 'proxy'),
  state: (series) => shownIn(shown, series, 'state'),
  net: (series) => wordsAbout(series),
  answer: (series) => wordsAbout(series),
  hop: (series) => wordsAbout(series),
};

/** The help of a metric names the values that a node shows only once they happened. */
function wordsAbout(series: string): string[] {
  return metrics.find((metric) => seriesOf(metric).includes(series))?.help.match(/\w+/g) ?? [];
}

type Group = { targets: string[]; labels: Record<string, string> };
const targets = () => JSON.parse(readFileSync(join(cluster.dir, 'targets.json'), 'utf8')) as Group[];

const asked = [
  ...rules.map(({ expr }) => expr),
  ...readDashboards().flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))),
];

describe('a rule or a dashboard', () => {
  it('names only series that nodes, HAProxy or other rules have, and only labels that those have', () => {
    const records = new Set(rules.flatMap(({ record }) => record ?? []));
    const ours = new Map(metrics.flatMap((metric) => seriesOf(metric).map((series) => [series, metric.labels])));
    const scraped = ['instance', 'job', 'le', 'slo', 'proxy'];
    for (const expr of asked) {
      for (const { series, labels } of selectorsIn(expr)) {
        const exists = series === 'up' || ours.has(series) || records.has(series) || isOfHaproxy(series);
        expect(exists, `${series} exists`).toBe(true);
        const known = [...scraped, ...(ours.get(series) ?? [])];
        expect(known, series).toEqual(expect.arrayContaining(labels.map(({ label }) => label)));
      }
      const grouped = [...scraped, ...selectorsIn(expr).flatMap(({ series }) => ours.get(series) ?? [])];
      expect(grouped, expr).toEqual(expect.arrayContaining(groupingsIn(expr)));
    }
    expect(asked.filter((expr) => selectorsIn(expr).length === 0)).toEqual([...budgets, 'ALERTS{alertstate="firing"}']);
  });

  it('asks only for values that its labels have: a bucket, a code, a command, a state', () => {
    for (const { series, label, value } of asked.flatMap(valuesAskedIn)) {
      const known = valuesOf[label]?.(series) ?? [];
      const found = known.some((each) => new RegExp(`^(?:${value})$`).test(each));
      expect(found, `${series} has ${label}="${value}": it has ${known.join(', ')}`).toBe(true);
    }
  });
});

/** Without those that a reader of a dashboard chooses. */
const valuesAskedIn = (expr: string) =>
  selectorsIn(expr).flatMap(({ series, labels }) =>
    labels.flatMap(({ label, values }) =>
      values.filter((value) => !value.startsWith('$')).map((value) => ({ series, label, value })),
    ),
  );

describe('an alert', () => {
  it('says how urgent it is, and has a page of its own, which has four parts and may say how to rehearse it; no page is of no alert', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(['page', 'ticket']).toContain(labels?.['severity']);
      expect(annotations?.['runbook']).toBe(`infra/runbook/${alert}.md`);
      const page = pages.find(({ name }) => name === alert);
      expect(page?.headings.slice(0, 4), alert).toEqual(['Symptom', 'Check', 'Act', 'Verify']);
      expect([[], ['Rehearse']], alert).toContainEqual(page?.headings.slice(4));
      expect(page?.text).toMatch(new RegExp(`^# ${alert} \\(${labels?.['severity']}\\)$`, 'm'));
    }
    expect(pages.map(({ name }) => name)).toEqual(alerts.map(({ alert }) => alert).toSorted());
  });

  it('silences others in the example of an Alertmanager by names that alerts have', () => {
    const readme = readFileSync(join(infra, 'prometheus/README.md'), 'utf8');
    const named = [...readme.matchAll(/alertname=~"([^"]+)"/g)].flatMap(([, names = '']) => names.split('|'));
    expect(named.length).toBeGreaterThan(3);
    for (const name of named)
      expect(alerts.map(({ alert }) => alert)).toContainEqual(expect.stringMatching(`^${name}$`));
  });

  it('is tried by a test of promtool, which says what it tells', () => {
    const tests = ['rules.test.yml', 'slow-burn.test.yml'].map((file) =>
      readFileSync(join(infra, 'prometheus', file), 'utf8'),
    );
    for (const { alert } of alerts) expect(tests.join('')).toContain(`runbook: infra/runbook/${alert}.md`);
  });
});

describe('a panel', () => {
  it('calls its lines by labels that its expression leaves', () => {
    for (const { file, panels } of readDashboards()) {
      for (const { title, targets } of panels) {
        for (const { expr, legendFormat } of targets) {
          const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
          const aggregated = /^(?:sum|histogram_quantile)\b/.test(expr);
          if (aggregated) expect(groupingsIn(expr), `${file}: ${title}`).toEqual(expect.arrayContaining(shown));
        }
      }
    }
  });

  it('is in one of the six dashboards, each of which compose gives to Grafana', () => {
    const names = ['database', 'dialect', 'fanout', 'node', 'overview', 'presence'];
    expect(readDashboards().map(({ file, uid }) => [file, uid])).toEqual(
      names.map((name) => [`${name}.gen.json`, `parley-${name}`]),
    );
    const { services } = parse(readFileSync(join(infra, '../docker-compose.yml'), 'utf8')) as {
      services: Record<string, { image?: string; volumes?: string[] }>;
    };
    for (const name of ['prometheus', 'grafana']) {
      expect(services[name]?.image).toMatch(/:v?\d+\.\d+\.\d+$/);
      const mounted = (services[name]?.volumes ?? []).flatMap((volume) => /^\.\/([^:]+):/.exec(volume)?.[1] ?? []);
      expect(mounted.filter((path) => !existsSync(join(infra, '..', path)))).toEqual([]);
      expect(mounted.length).toBeGreaterThan(1);
    }
  });
});

describe('a page that an operator reads', () => {
  it('names only metrics that a node or HAProxy has, in its words and in its commands', () => {
    const series = metrics.flatMap((metric) => [metric.name, ...seriesOf(metric)]);
    const exists = (name: string): boolean =>
      name.endsWith('…')
        ? series.some((each) => each.startsWith(name.slice(0, -1)))
        : series.includes(name) || isOfHaproxy(name);
    const dead = readPages().flatMap(({ file, text }) =>
      metricsNamedIn(text).flatMap((name) => (exists(name) ? [] : `${file}: ${name}`)),
    );
    expect(dead).toEqual([]);
    expect(metricsNamedIn('grep -E "^(parley_(a|b)_c|process_d)" `parley_e_…`')).toEqual([
      'parley_a_c',
      'parley_b_c',
      'process_d',
      'parley_e_…',
    ]);
  });
});

describe('the runbook', () => {
  const blocks = pages.flatMap((page) => page.blocks);
  const codeOf = (language: string): string[] => [
    ...new Set(blocks.filter((block) => block.language === language).flatMap(({ code }) => code)),
  ];

  it('asks PostgreSQL and Redis what they answer', async () => {
    const client = await sessionOn(cluster.databaseUrl);
    const redis = connectRedis(cluster.redisUrl, 'commands', { enableOfflineQueue: true });
    try {
      for (const code of codeOf('sql')) await client.query(code);
      for (const line of codeOf('redis').flatMap((code) => code.trim().split('\n'))) {
        const [command = '', ...args] = line.split(' ');
        expect(await redis.call(command, ...args), line).toBeTruthy();
      }
    } finally {
      await client.end();
      redis.disconnect();
    }
  });

  it('gives commands that work as they stand, the one that empties a node at last', async () => {
    const node = nodes.find(({ id }) => id === 's3');
    const place = { ...cluster, privatePort: node?.privatePort };
    const lines = linesOf(blocks);
    const isDrain = (line: string): boolean => line.includes('/drain');
    for (const line of lines.toSorted((a, b) => Number(isDrain(a)) - Number(isDrain(b)))) {
      const { code, stdout, stderr } = await runLine(line, place);
      expect(code, `${line}: ${stderr}`).toBe(0);
      expect(stdout, line).not.toBe('');
    }
    expect(lines.filter(isDrain)).toHaveLength(1);
    // A node that was told to go has its place until its last client is gone: it would count as whole, and end later.
    await until(async () => (await cluster.pid('s3')) === undefined, { what: 's3 has ended', withinMs: 30_000 });
    await cluster.whole();
    expect((await cluster.nodes()).find(({ id }) => id === 's3')?.pid).not.toBe(node?.pid);
  });

  it('knows what is scraped beside `pnpm start`: every node, and HAProxy', () => {
    const addresses = [...nodes.map(({ privatePort }) => `127.0.0.1:${privatePort}`), new URL(cluster.statsUrl).host];
    expect(
      targets()
        .flatMap((group) => group.targets)
        .toSorted(),
    ).toEqual(addresses.toSorted());
  });
});
