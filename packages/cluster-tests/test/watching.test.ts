import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allMetrics, type ClusterNode, seriesOf } from '@parley/cluster';
import { connectRedis } from '@parley/node-kit';
import { errors } from '@parley/protocol';
import pg from 'pg';
import { parse } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedCluster } from '../src/index.ts';
import {
  groupingsIn,
  infra,
  linesOf,
  readDashboards,
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

beforeAll(async () => {
  await cluster.whole();
  nodes = await cluster.nodes();
  haproxy = await (await fetch(new URL('/metrics', cluster.statsUrl))).text();
});

const asked = [
  ...rules.map(({ expr }) => expr),
  ...readDashboards().flatMap(({ panels }) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))),
];

describe('a rule or a dashboard', () => {
  it('names only series that nodes, HAProxy or other rules have, and only labels that those have', () => {
    const records = new Set(rules.flatMap(({ record }) => record ?? []));
    const ours = new Map(allMetrics().flatMap((metric) => seriesOf(metric).map((series) => [series, metric.labels])));
    const scraped = ['instance', 'job', 'le', 'slo', 'proxy'];
    for (const expr of asked) {
      for (const { series, labels } of selectorsIn(expr)) {
        const ofHaproxy = haproxy
          .split('\n')
          .some((line) => line.startsWith(`${series}{`) || line.startsWith(`${series} `));
        const exists = series === 'up' || ours.has(series) || records.has(series) || ofHaproxy;
        expect(exists, `${series} exists`).toBe(true);
        const known = [...scraped, ...(ours.get(series) ?? [])];
        expect(known, series).toEqual(expect.arrayContaining(labels.map(({ label }) => label)));
      }
      const grouped = [...scraped, ...selectorsIn(expr).flatMap(({ series }) => ours.get(series) ?? [])];
      expect(grouped, expr).toEqual(expect.arrayContaining(groupingsIn(expr)));
    }
    expect(asked.filter((expr) => selectorsIn(expr).length === 0)).toEqual([...budgets, 'ALERTS{alertstate="firing"}']);
  });

  it('names only codes that the table of errors has', () => {
    const named = asked.flatMap((expr) =>
      selectorsIn(expr).flatMap(({ labels }) =>
        labels.flatMap(({ label, values }) => (label === 'code' || label === 'outcome' ? values : [])),
      ),
    );
    expect([...Object.keys(errors), 'ok']).toEqual(expect.arrayContaining(named));
  });
});

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

describe('the runbook', () => {
  const blocks = pages.flatMap((page) => page.blocks);
  const codeOf = (language: string): string[] => [
    ...new Set(blocks.filter((block) => block.language === language).flatMap(({ code }) => code)),
  ];

  it('asks PostgreSQL and Redis what they answer', async () => {
    const client = new pg.Client({ connectionString: cluster.databaseUrl });
    await client.connect();
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
    await cluster.whole();
  });

  it('knows what is scraped beside `pnpm start`: every node, and HAProxy', () => {
    const targets = JSON.parse(readFileSync(join(cluster.dir, 'targets.json'), 'utf8')) as { targets: string[] }[];
    const addresses = [...nodes.map(({ privatePort }) => `127.0.0.1:${privatePort}`), new URL(cluster.statsUrl).host];
    expect(targets.flatMap((group) => group.targets).toSorted()).toEqual(addresses.toSorted());
  });
});
