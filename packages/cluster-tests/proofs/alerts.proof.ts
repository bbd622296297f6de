import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { type ClusterNode, findOrInstall, freePort, press } from '@parley/cluster';
import { until } from '@parley/testkit';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { chaosProxy, createRun, nodeOf, type PlainClient, sharedCluster } from '../src/index.ts';
import { infra, linesOf, readDashboards, readRunbook, runLine } from '../src/watching.ts';

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

  /** Resolves once all is scraped and nothing is raised. */
  async function watch() {
    const ask = await startPrometheus();
    const wanted = (await cluster.nodes()).length + 1;
    const targets = async () => (await ask<{ activeTargets: Target[] } | undefined>('targets'))?.activeTargets ?? [];
    const allUp = async () => (await targets()).filter(({ health }) => health === 'up').length === wanted;
    await until(allUp, { what: 'every target is up', withinMs: 60_000 });
    const raised = async () =>
      (await ask<{ alerts: Alert[] }>('alerts')).alerts
        .filter(({ state }) => state === 'firing')
        .map(({ labels: { alertname = '', instance = '' } }) => ({ alertname, instance }));
    expect(await raised()).toEqual([]);
    return {
      raised,
      /** Resolves when it is raised of this node; of no other is anything raised. */
      rises: async (alert: string, { id, privatePort }: ClusterNode, withinMs: number): Promise<void> => {
        const isRaised = async () => (await raised()).some(({ alertname }) => alertname === alert);
        await until(isRaised, { what: `${alert} is raised`, withinMs });
        const all = await raised();
        console.log(`raised of ${id}:`, [...new Set(all.map(({ alertname }) => alertname))].join(', '));
        expect(new Set(all.map(({ instance }) => instance))).toEqual(new Set([`127.0.0.1:${privatePort}`]));
      },
      /** Resolves when nothing is raised any more, or not this. */
      quiet: (alert?: string) =>
        until(async () => !(await raised()).some(({ alertname }) => alertname === (alert ?? alertname)), {
          what: `${alert ?? 'all'} is quiet again`,
          withinMs: 300_000,
        }),
    };
  }

  /** What a page says, done for one node while its alert is raised: look, empty it, start it anew, look again. */
  async function follow(
    alert: string,
    { id, privatePort }: ClusterNode,
  ): Promise<{ looked: string; verified: string }> {
    const blocks = readRunbook().find(({ name }) => name === alert)?.blocks ?? [];
    const linesUnder = (part: string) => linesOf(blocks.filter((block) => block.part === part));
    const place = { ...cluster, privatePort };
    const look = async (part: string) => {
      const said = [];
      for (const line of linesUnder(part)) said.push((await runLine(line, place)).stdout);
      return stripVTControlCharacters(said.join(''));
    };
    const looked = await look('Check');
    console.log(looked);
    const orders = linesUnder('Act');
    expect(orders).toHaveLength(1);
    for (const line of orders) expect((await runLine(line, place)).code, line).toBe(0);
    await until(async () => (await cluster.pid(id)) === undefined, { what: `${id} is gone`, withinMs: 90_000 });
    await cluster.whole();
    return { looked, verified: await look('Verify') };
  }

  /** A node, and somebody whose session is on it. */
  async function somebodyOn(id: string) {
    const run = createRun(cluster);
    const node = (await cluster.nodes()).find((each) => each.id === id) ?? expect.fail();
    const client = await cluster.withNewSessionsOn([id], async () => {
      const made = run.plain('ada', { socket: { transports: ['websocket'] } });
      await run.ready(made);
      return made;
    });
    expect(nodeOf(client)).toBe(id);
    return { node, client };
  }

  async function isElsewhere(client: PlainClient, node: ClusterNode) {
    const moved = () => client.socket.connected && nodeOf(client) !== node.id;
    await until(moved, { what: 'its client is elsewhere', withinMs: 10_000 });
  }

  it('scrapes every node and HAProxy, is quiet while all is well, and tells of a Redis that is gone', async () => {
    const { raised, quiet } = await watch();
    await cluster.kill('redis', 'SIGSTOP');
    onTestFinished(() => cluster.whole());
    const named = async () => [...new Set((await raised()).map(({ alertname }) => alertname))];
    await until(async () => (await named()).includes('RedisAway'), { what: 'the alert', withinMs: 180_000 });
    console.log('fires without Redis:', (await named()).join(', '));
    await cluster.kill('redis', 'SIGCONT');
    await quiet();
  });

  it('tells of one node that lost its way to PostgreSQL, and its page finds it and moves its clients', async () => {
    const { hostname: host, port } = new URL(cluster.databaseUrl);
    const proxy = await chaosProxy({ host, port: Number(port) });
    onTestFinished(() => proxy.close());
    const around = new URL(cluster.databaseUrl);
    around.host = `127.0.0.1:${proxy.port}`;
    onTestFinished(async () => void (await cluster.restart('s2')));
    await cluster.restart('s2', { DATABASE_URL: around.href });
    await cluster.whole();
    const { node, client } = await somebodyOn('s2');
    const { rises, quiet } = await watch();

    proxy.freeze();
    await rises('NodeBroken', node, 180_000);
    expect(nodeOf(client), 'its session stays').toBe('s2');
    const { looked, verified } = await follow('NodeBroken', node);
    expect(looked.match(/^ {2}\S+ runs and cannot serve/gm)).toEqual(['  s2 runs and cannot serve']);
    await isElsewhere(client, node);
    expect(verified).toContain('All is well');
    await quiet('NodeBroken');
  });

  it('tells of one node that computes without a pause, and its page finds it and moves its clients', async () => {
    await cluster.whole();
    const { node, client } = await somebodyOn('s3');
    const { rises, quiet } = await watch();
    const pressing = await press(node);
    onTestFinished(() => void pressing.end());

    await rises('EventLoopBusy', node, 420_000);
    const { looked, verified } = await follow('EventLoopBusy', node);
    console.log(`it answered ${pressing.end()} requests meanwhile`);
    const rows = [...looked.matchAll(/^ +(\w+) +(?:socket|api) .* (\d+) % /gm)];
    expect(rows).toHaveLength((await cluster.nodes()).length);
    expect(rows.flatMap(([, id, share]) => (Number(share) > 90 ? id : []))).toEqual(['s3']);
    await isElsewhere(client, node);
    expect(verified).toContain('All is well');
    await quiet('EventLoopBusy');
  });
});
