import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Cluster, identityOf, isAlive, startCluster } from '@parley/cluster';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRun, gather, serveCluster, type SharedClusterView, talk, viewOf, watchArrivals } from '../src/index.ts';

const parley = fileURLToPath(new URL('../../cluster/bin/parley', import.meta.url));
const perSecond = 1_000;
const dir = mkdtempSync(join(tmpdir(), 'parley-reload-'));
// As root, PostgreSQL runs as another user, who must be able to enter.
chmodSync(dir, 0o755);

let cluster: Cluster;
let view: SharedClusterView;
let close: () => void;

beforeAll(async () => {
  // Idle connections that HTTP keeps are let go at once, and not over half a minute.
  process.env['PARLEY_CLOSE_SPREAD'] = '1s';
  // One of its own: every node is replaced, and the others know theirs by name.
  cluster = await startCluster({ dir, apiNodes: 1, socketNodes: 2, durable: false, keepAlive: true });
  const served = await serveCluster(cluster, { dir });
  close = served.close;
  view = viewOf(served.facts);
});
afterAll(async () => {
  delete process.env['PARLEY_CLOSE_SPREAD'];
  close();
  await cluster.stop();
  rmSync(dir, { recursive: true, force: true });
});

const haproxy = () => identityOf(cluster.pid('haproxy') ?? 0);
/** A new HAProxy says `UP 1/2` until it has asked a node itself. */
async function filled(): Promise<Record<string, string>> {
  const slots = (await cluster.admin.slots()).filter(({ status }) => !status.startsWith('MAINT'));
  return Object.fromEntries(slots.map(({ slot, status }) => [slot, status.split(' ', 1)[0] ?? '']));
}

describe('parley reload', () => {
  it('changes nothing when HAProxy refuses the configuration, and says why', async () => {
    const before = { haproxy: haproxy(), slots: await filled() };
    process.env['PARLEY_HAPROXY_THREADS'] = 'many';
    try {
      const reloading = cluster.obey({ name: 'reload' }, () => undefined);
      await expect(reloading).rejects.toThrow(/nbthread.*The HAProxy of before serves on\.$/s);
    } finally {
      delete process.env['PARLEY_HAPROXY_THREADS'];
    }
    expect({ haproxy: haproxy(), slots: await filled() }).toEqual(before);
    expect((await fetch(`${cluster.statsUrl}/ready`)).status).toBe(200);
  });

  it('under load moves nobody and loses nothing; the HAProxy of before ends when the nodes are replaced', async () => {
    const run = createRun(view);
    const { talkers, plains } = await gather(run, { users: 12 });
    // What was set since HAProxy began: a node that was added, and one that was drained by hand.
    await cluster.obey({ name: 'scale', counts: { socket: 3 }, perSecond }, () => undefined);
    await cluster.admin.drain('sockets', 's2');
    const load = talk(talkers, { perSecond: 40 });
    const acknowledged = async (count: number) => {
      const soFar = load.acks.length;
      await until(() => load.acks.length > soFar + count, { what: 'the load goes on' });
    };
    await acknowledged(40);
    const before = haproxy();
    const arrivals = watchArrivals([...talkers.map(({ client }) => client), ...plains]);
    const { stdout } = await promisify(execFile)(parley, ['reload', '--dir', dir]);
    const now = haproxy();
    expect(stdout).toContain(`HAProxy is ${now?.pid} now; ${before?.pid} keeps its`);
    expect(await filled()).toEqual({ a1: 'UP', s1: 'UP', s2: 'DRAIN', s3: 'UP' });
    await run.users('late');
    await run.ready(run.plain('late'));
    await acknowledged(40);
    expect(arrivals).toEqual([]);
    expect([before, now].map((each) => each && isAlive(each))).toEqual([true, true]);

    await cluster.obey({ name: 'roll', perSecond }, () => undefined);
    await until(() => before && !isAlive(before), { what: 'the HAProxy of before has ended', withinMs: 20_000 });
    await acknowledged(40);
    // Throws when one send of an SDK client was refused.
    await load.end();
    expect((await run.verdict()).violations).toEqual([]);
    expect(haproxy()).toEqual(now);
  });
});
