import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOrInstall, freePort } from '@parley/cluster';
import { until } from '@parley/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sharedCluster } from '../src/index.ts';
import { infra, readDashboards } from '../src/watching.ts';

const cluster = sharedCluster();
const run = promisify(execFile);
const packages = { 'apt-get': 'prometheus', dnf: 'prometheus', apk: 'prometheus', brew: 'prometheus' };
const tool = (name: string) =>
  findOrInstall({ title: name, names: [name], packages, instead: [] }, (line) => console.log(line));

beforeAll(() => cluster.whole());

describe('promtool', () => {
  const folder = join(infra, 'prometheus');

  it('finds the rules and the scrape configurations valid', async () => {
    const promtool = await tool('promtool');
    const checked = await run(promtool, ['check', 'rules', 'rules/slo.yml', 'rules/alerts.yml'], { cwd: folder });
    console.log(checked.stdout);
    // What it names is there in the container only: the syntax alone is looked at.
    await run(promtool, ['check', 'config', '--syntax-only', 'compose.yml'], { cwd: folder });
    await run(promtool, ['check', 'config', 'local.yml'], { cwd: folder });
  });

  it('sees every alert come when it must, and stay away when it need not', async () => {
    const tests = ['rules.test.yml', 'slow-burn.test.yml'];
    const { stdout } = await run(await tool('promtool'), ['test', 'rules', ...tests], { cwd: folder });
    console.log(stdout);
    expect(stdout.match(/SUCCESS/g)).toHaveLength(tests.length);
  });

  it('understands every expression of every dashboard', async () => {
    const exprs = readDashboards().flatMap(({ panels }) => panels.flatMap(({ targets }) => targets));
    const asked = exprs.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$node', '.+'));
    const rules = asked.map((expr, i) => ({ record: `panel:${i}`, expr }));
    const path = join(mkdtempSync(join(tmpdir(), 'parley-panels-')), 'panels.yml');
    writeFileSync(path, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    const { stdout } = await run(await tool('promtool'), ['check', 'rules', path]);
    expect(stdout).toContain(`SUCCESS: ${asked.length} rules found`);
  });

  it('finds nothing to mend in the metrics of any node', async () => {
    const promtool = await tool('promtool');
    for (const { privatePort, id } of await cluster.nodes()) {
      const child = execFile(promtool, ['check', 'metrics']);
      let said = '';
      child.stderr?.on('data', (text: string) => (said += text));
      child.stdin?.end(await (await fetch(`http://127.0.0.1:${privatePort}/metrics`)).text());
      await once(child, 'close');
      // `nodejs_…` and `process_…` are not ours to name.
      expect(
        said.split('\n').filter((line) => line.startsWith('parley_')),
        id,
      ).toEqual([]);
    }
  });
});

describe('Prometheus beside a running cluster', () => {
  type Answer<T> = { data: T };
  type Target = { health: string; labels: Record<string, string> };
  type Alert = { state: string; labels: Record<string, string> };

  async function startPrometheus() {
    const folder = mkdtempSync(join(tmpdir(), 'parley-prometheus-'));
    const port = await freePort();
    const config = readFileSync(join(infra, 'prometheus/local.yml'), 'utf8')
      .replace('../../.parley/targets.json', join(cluster.dir, 'targets.json'))
      .replace('rules/*.yml', join(infra, 'prometheus/rules/*.yml'));
    writeFileSync(join(folder, 'prometheus.yml'), config);
    const child = spawn(
      await tool('prometheus'),
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    onTestFinished(async () => {
      child.kill();
      await once(child, 'close');
      rmSync(folder, { recursive: true, force: true });
    });
    return async <T>(path: string): Promise<T> => {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => undefined);
      return ((await response?.json()) as Answer<T> | undefined)?.data as T;
    };
  }

  it('scrapes every node and HAProxy, is quiet while all is well, and tells of a Redis that is gone', async () => {
    const ask = await startPrometheus();
    const wanted = (await cluster.nodes()).length + 1;
    const targets = async () => (await ask<{ activeTargets: Target[] } | undefined>('targets'))?.activeTargets ?? [];
    const allUp = async () => (await targets()).filter(({ health }) => health === 'up').length === wanted;
    await until(allUp, { what: 'every target is up', withinMs: 60_000 });
    const firing = async () =>
      (await ask<{ alerts: Alert[] }>('alerts')).alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels }) => labels['alertname']);
    expect(await firing()).toEqual([]);

    await cluster.kill('redis', 'SIGSTOP');
    onTestFinished(() => cluster.whole());
    await until(async () => (await firing()).includes('RedisAway'), { what: 'the alert', withinMs: 180_000 });
    console.log('fires without Redis:', [...new Set(await firing())].join(', '));
    await cluster.kill('redis', 'SIGCONT');
    await until(async () => (await firing()).length === 0, { what: 'all is quiet again', withinMs: 300_000 });
  });
});
