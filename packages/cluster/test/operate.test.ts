import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Cluster, startCluster } from '@parley/cluster';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import * as amounts from '../src/cli/amounts.ts';
import { identityOf, isAlive } from '../src/processes/identity.ts';
import { movesTo } from '../src/rebalance.ts';
import { readState } from '../src/state.ts';
import { root } from './fixtures/balanced.ts';
import { env, parleyIn } from './fixtures/command.ts';
import { withFakeNodes } from './fixtures/fake-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-operate-'));
chmodSync(folder, 0o755);
const dir = join(folder, '.parley');
const perSecond = 1_000;
/** How the next nodes misbehave. */
let fake = '';
let cluster: Cluster;
let said: string[] = [];
const say = (line: string) => said.push(line);

beforeAll(async () => {
  cluster = await startCluster({ ...withFakeNodes(dir), keepAlive: true, nodeEnv: () => ({ FAKE: fake }) });
});
beforeEach(async () => {
  fake = '';
  await cluster.obey({ name: 'scale', counts: { api: 1, socket: 2 }, perSecond }, () => undefined);
  said = [];
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ids = () => cluster.nodes().map(({ id }) => id);
const up = async (): Promise<string[]> => {
  const slots = await cluster.admin.slots();
  return slots.filter(({ status }) => status.startsWith('UP')).map(({ slot }) => slot);
};

const parley = (...args: string[]) => parleyIn(env, ...args, '--dir', dir);

describe('parley scale', () => {
  it('adds nodes that serve when it returns, without HAProxy starting again, and removes them to the last process', async () => {
    const haproxy = cluster.pid('haproxy');
    const { code, out } = await parley('scale', 'socket=4', 'api=2');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('4 socket nodes: s1 s2 s3 s4') });
    expect((await up()).sort()).toEqual(['a1', 'a2', 's1', 's2', 's3', 's4']);
    const { processes } = readState(dir) ?? { processes: [] };
    expect(processes.filter(({ kind }) => kind === 'socket')).toHaveLength(4);

    await cluster.obey({ name: 'scale', counts: { socket: 1, api: 1 }, perSecond }, say);
    expect(said).toEqual(
      ['s4', 's3', 's2']
        .flatMap((id) => [`${id} drains`, `${id} is gone`])
        .concat(['1 socket node: s1', 'a2 drains', 'a2 is gone', '1 api node: a1']),
    );
    expect((await up()).sort()).toEqual(['a1', 's1']);
    const gone = processes.filter(({ name }) => ['a2', 's2', 's3', 's4'].includes(name));
    expect(gone.filter(({ identity }) => isAlive(identity))).toEqual([]);
    expect(cluster.pid('haproxy')).toBe(haproxy);
  });

  it('brings back a node that it added and that dies, and a new HAProxy knows it', async () => {
    await cluster.obey({ name: 'scale', counts: { socket: 3 }, perSecond }, say);
    const before = cluster.pid('s3');
    await Promise.all([cluster.kill('s3'), cluster.kill('haproxy')]);
    await until(async () => cluster.pid('s3') !== undefined && (await up().catch((): string[] => [])).includes('s3'), {
      what: 's3 is back in its slot',
    });
    expect(cluster.pid('s3')).not.toBe(before);
  });

  it('ends what does not get ready, says its last words, and leaves the others as they are', async () => {
    fake = 'broken';
    const failed = cluster.obey({ name: 'scale', counts: { socket: 4 }, perSecond }, say);
    await expect(failed).rejects.toThrow(/s3 ended with code 3.*no luck/s);
    expect(ids()).toEqual(['a1', 's1', 's2']);
    expect((await up()).sort()).toEqual(['a1', 's1', 's2']);
  });

  it('refuses what cannot be, before it does anything', async () => {
    const [many, unknown, twice] = await Promise.all([
      parley('scale', 'api=2', 'socket=19'),
      parley('scale', 'worker=2'),
      parley('scale', 'socket=5', 'socket=1'),
    ]);
    const none = cluster.obey({ name: 'scale', counts: { api: 2, socket: 0 }, perSecond }, say);
    expect(many).toMatchObject({ code: 1, error: expect.stringContaining('1 to 18 socket nodes, and not 19') });
    await expect(none).rejects.toThrow('1 to 18 socket nodes, and not 0');
    expect(unknown).toMatchObject({ code: 2, error: expect.stringContaining('socket=<number> or api=<number>') });
    expect(twice).toMatchObject({ code: 2, error: expect.stringContaining('It names socket twice.') });
    expect(ids()).toEqual(['a1', 's1', 's2']);
  });
});

describe('parley drain', () => {
  it('empties the slot of a node and ends it for good', async () => {
    await cluster.obey({ name: 'drain', id: 's1', overMs: 0, perSecond }, say);
    expect(ids()).toEqual(['a1', 's2']);
    expect((await up()).sort()).toEqual(['a1', 's2']);
  });

  it('says of a node that stands still that it was killed with the clients that it had', async () => {
    await cluster.kill('s1', 'SIGSTOP');
    const drained = cluster.obey({ name: 'drain', id: 's1', overMs: 0, perSecond }, say);
    // It takes long, and clients that are moved meanwhile would come on top of its own.
    const refused = await parley('rebalance');
    await drained;
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('The cluster is busy: drain.') });
    expect(await parley('rebalance')).toMatchObject({ code: 0, out: expect.stringContaining('even: s2 0') });
    expect(said.at(-1)).toBe('s1 did not end when asked, and was killed: clients that it still had were cut');
    expect(ids()).toEqual(['a1', 's2']);
  });

  it('takes longer than it was told to where the budget needs it', async () => {
    fake = 'crowded';
    await cluster.obey({ name: 'scale', counts: { socket: 3 }, perSecond }, () => undefined);
    await cluster.obey({ name: 'drain', id: 's3', overMs: 1_000, perSecond: 10 }, say);
    expect(said[0]).toBe('s3 drains: 20 clients move within 3 s, which the budget needs');
  });

  it('keeps the budget of a node that does not answer, by the sessions that HAProxy counts there', async () => {
    fake = 'frozen';
    await cluster.obey({ name: 'scale', counts: { socket: 3 }, perSecond }, () => undefined);
    const leave = new AbortController();
    onTestFinished(() => leave.abort());
    const sessions = Array.from({ length: 15 }, () =>
      fetch(`${cluster.url}/socket.io/?EIO=4&transport=polling&sid=s3-frozen`, { signal: leave.signal }).catch(String),
    );
    await until(async () => (await cluster.admin.slots()).find(({ slot }) => slot === 's3')?.sessions === 15, {
      what: 'HAProxy counts them',
    });
    await cluster.obey({ name: 'drain', id: 's3', overMs: 0, perSecond: 10 }, say);
    expect(said[0]).toBe('s3 drains: 15 clients move within 2 s, which the budget needs');
    await Promise.all(sessions);
  });

  it('refuses a node that is not there, and the last one of its kind', async () => {
    const drain = (id: string) => cluster.obey({ name: 'drain', id, overMs: 0, perSecond }, say);
    await expect(drain('s9')).rejects.toMatchObject({ message: 'There is no node s9 in this cluster.' });
    await expect(drain('a1')).rejects.toThrow('a1 is the only api node: nobody would take its clients.');
  });
});

describe('parley restart --rolling', () => {
  it('replaces every node, each after its replacement serves, and one order at a time', async () => {
    const pids = cluster.nodes().map(({ pid }) => pid);
    const rolling = cluster.obey({ name: 'roll', perSecond }, say);
    await expect(cluster.obey({ name: 'roll', perSecond }, say)).rejects.toThrow('The cluster is busy: roll.');
    await rolling;
    expect(ids().sort()).toEqual(['a2', 's1', 's3']);
    expect(cluster.nodes().filter(({ pid }) => pids.includes(pid))).toEqual([]);
    const steps = said.filter((line) => /serves|drains/.test(line));
    expect(steps).toEqual(['a2 serves', 'a1 drains', 's3 serves', 's1 drains', 's1 serves', 's2 drains']);
  });

  it('stops at the first replacement that does not get ready, and every old node serves on', async () => {
    fake = 'broken';
    const pids = cluster.nodes().map(({ pid }) => pid);
    const failed = cluster.obey({ name: 'roll', perSecond }, say);
    await expect(failed).rejects.toThrow(/^Stopped before .*no luck.* serve on as they were\.$/s);
    expect(cluster.nodes().map(({ pid }) => pid)).toEqual(pids);
  });
});

describe('parley reload', () => {
  it('with nobody connected ends the HAProxy of before, and the state names the one of now', async () => {
    const before = identityOf(cluster.pid('haproxy') ?? 0);
    expect(await parley('reload')).toMatchObject({ code: 0, out: expect.stringContaining('keeps its 0 connections') });
    await until(() => before && !isAlive(before), { what: 'the HAProxy of before has ended' });
    const { processes } = readState(dir) ?? { processes: [] };
    const now = processes.find(({ kind }) => kind === 'haproxy')?.identity;
    expect(now).toEqual(identityOf(cluster.pid('haproxy') ?? 0));
    expect(now?.pid).not.toBe(before?.pid);
    expect((await up()).sort()).toEqual(ids().sort());
  });
});

describe('an order of another build', () => {
  it('is refused in words, and leaves the cluster free for the next', async () => {
    const order = JSON.parse('{"name":"dance"}') as Parameters<Cluster['obey']>[0];
    await expect(cluster.obey(order, say)).rejects.toThrow('The process that runs this cluster cannot dance');
    await cluster.obey({ name: 'rebalance', perSecond }, say);
    expect(said).toEqual([expect.stringMatching(/^even: s1 0, s\d 0$/)]);
  });
});

describe('parley rebalance', () => {
  const load = (slot: string, connections: number) => ({ slot, connections, base: '' });

  it('moves what is above the mean, and nothing when every node is within 10 % of it', () => {
    const moves = movesTo([load('s1', 200), load('s2', 130), load('s3', 0)]);
    expect(moves.map(({ load: { slot }, count }) => [slot, count])).toEqual([
      ['s1', 90],
      ['s2', 20],
    ]);
    expect(movesTo([load('s1', 110), load('s2', 90)])).toEqual([]);
    expect(movesTo([load('s1', 111), load('s2', 89)])).toHaveLength(1);
    // Three clients on two nodes are as even as they can be.
    expect(movesTo([load('s1', 2), load('s2', 1)])).toEqual([]);
  });
});

describe('a reader that has enough', () => {
  it('is no fault of what was read, and ends what would print for ever', async () => {
    const typed = [`status --watch --json --dir ${dir}`, '--help'].map(async (words) => {
      const line = `{ ${join(root, 'packages/cluster/bin/parley')} ${words}; echo $? >&2; } | head -c 1`;
      const child = spawn('sh', ['-c', line], { cwd: folder });
      return Promise.all([text(child.stdout), text(child.stderr)]);
    });
    expect(await Promise.all(typed)).toEqual([
      ['{', '0\n'],
      ['U', '0\n'],
    ]);
  });
});

describe('what is typed', () => {
  it('is a time, a rate or a count, and anything else is refused', () => {
    expect(['30s', '500ms', '1.5m', '1h'].map(amounts.duration)).toEqual([30_000, 500, 90_000, 3_600_000]);
    expect(['50/s', '0.5/s', '50'].map(amounts.rate)).toEqual([50, 0.5, 50]);
    expect(amounts.count('api=3', { socket: 5 })).toEqual({ socket: 5, api: 3 });
    expect(() => amounts.count('socket=2', { socket: 5 })).toThrow('It names socket twice.');
    for (const text of ['30', 's', '-1s', '']) expect(() => amounts.duration(text)).toThrow('such as 30s');
    for (const text of ['50/m', '0/s', '0', '-1/s', '']) expect(() => amounts.rate(text)).toThrow('such as 50/s');
  });
});
