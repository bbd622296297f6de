import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, freePort, isFree, startCluster, Trouble } from '@parley/cluster';
import { until } from '@parley/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { identityOf, isAlive } from '../src/processes/identity.ts';
import { readState } from '../src/state.ts';
import { withFakeNodes } from './fixtures/fake-cluster.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-cluster-'));
chmodSync(folder, 0o755);
const dir = join(folder, '.parley');
const options = withFakeNodes(dir);
let running: Cluster | undefined;

const start = async (more: Partial<typeof options> = {}): Promise<Cluster> => {
  running = await startCluster({ ...options, ...more });
  return running;
};

afterEach(async () => await running?.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ask = async (url: string): Promise<{ slot: string; nodeId: string }> =>
  (await (await fetch(url)).json()) as { slot: string; nodeId: string };

async function held(port: number): Promise<Server> {
  const holder = createServer().listen(port, '127.0.0.1');
  await once(holder, 'listening');
  return holder;
}

async function freeBelow(limit: number): Promise<number> {
  return until(
    async () => {
      const port = await freePort();
      return port < limit && port;
    },
    { what: 'a low port is free' },
  );
}

const takenLines = (offset: number): RegExp =>
  new RegExp(
    `^These ports are taken:\\n {2}${8080 + offset} \\(space main\\): .+, pid ${process.pid}\\n {2}${3000 + offset} \\(space alien-fit\\): .+, pid ${process.pid}$`,
  );

describe('a cluster', () => {
  it('answers on every space when it has started, and leaves no process and no state when it has stopped', async () => {
    const cluster = await start();
    expect(Object.keys(cluster.urls)).toHaveLength(6);
    for (const url of Object.values(cluster.urls)) {
      expect((await ask(`${url}/v1/x`)).slot).toBe('a1');
      expect((await ask(`${url}/socket.io/?EIO=4`)).slot).toMatch(/^s[12]$/);
    }
    const { processes } = readState(dir) ?? { processes: [] };
    expect(processes.map(({ name }) => name)).toEqual(['a1', 's1', 's2', 'haproxy', 'redis', 'postgres']);
    await cluster.stop();
    expect(processes.filter(({ identity }) => isAlive(identity))).toEqual([]);
    expect(readState(dir)).toBeUndefined();
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  it('gives a restarted node its slot again, as another node', async () => {
    const cluster = await start();
    const before = await ask(cluster.url);
    await cluster.kill('a1');
    expect(cluster.pid('a1')).toBeUndefined();
    await cluster.restart('a1');
    const after = await ask(cluster.url);
    expect(after.slot).toBe('a1');
    expect(after.nodeId).not.toBe(before.nodeId);
  });

  it('fills the slots of a restarted HAProxy', async () => {
    const cluster = await start();
    await cluster.kill('haproxy');
    await cluster.restart('haproxy');
    expect((await ask(cluster.url)).slot).toBe('a1');
    const states = (await cluster.admin.slots()).filter(({ status }) => status !== 'MAINT');
    expect(states.map(({ slot }) => slot).sort()).toEqual(['a1', 's1', 's2']);
  });

  it('brings back what dies by itself when it is told to, and says so', async () => {
    const said: string[] = [];
    const cluster = await start({ keepAlive: true, progress: (line) => said.push(line) });
    const pids = ['s1', 'redis'].map((id) => cluster.pid(id));
    await Promise.all([cluster.kill('s1'), cluster.kill('redis')]);
    const back = ['node s1 is back', 'Redis is back'];
    await until(() => back.every((line) => said.includes(line)), { what: 'both are back' });
    expect(said).toContain('node s1 was ended by SIGKILL; starting it again in 0.25 s');
    const redis = new Redis(cluster.redisUrl);
    expect(await redis.ping()).toBe('PONG');
    redis.disconnect();
    expect(['s1', 'redis'].map((id) => cluster.pid(id))).not.toEqual(pids);
  });

  it('ends a node that does not listen to SIGTERM after its drain, and still stops within 10 s', async () => {
    const cluster = await start({ drainMs: 0, nodeEnv: ({ id }) => (id === 's2' ? { FAKE: 'stubborn' } : {}) });
    const startedAt = Date.now();
    await cluster.stop();
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(cluster.pid('s2')).toBeUndefined();
  });
});

describe('a start that goes wrong', () => {
  it('can be interrupted in the middle of a step, and leaves nothing behind', async () => {
    const interruption = new AbortController();
    const starting = start({ nodeEnv: () => ({ FAKE: 'slow' }), signal: interruption.signal });
    const begun = await until(
      () => {
        const processes = readState(dir)?.processes ?? [];
        return processes.length === 6 && processes;
      },
      { what: 'all six processes are there' },
    );
    interruption.abort(new Trouble('enough'));
    await expect(starting).rejects.toThrow('enough');
    expect(begun.filter(({ identity }) => isAlive(identity))).toEqual([]);
  });

  it('tells the last words of a node that ends at once, and ends what it had started', async () => {
    const failed = start({ nodeEnv: ({ id }) => (id === 's2' ? { FAKE: 'broken' } : {}) });
    await expect(failed).rejects.toMatchObject({ message: expect.stringMatching(/s2 ended with code 3.*no luck/s) });
    expect(readState(dir)).toBeUndefined();
    await start();
  });

  it('ends what it had started when a migration fails, and the next start goes on from there', async () => {
    const migrate = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Trouble('half-way'));
    await expect(start({ migrate })).rejects.toThrow('half-way');
    expect(existsSync(join(dir, 'postgres/postmaster.pid'))).toBe(false);
    await start({ migrate });
    expect(migrate).toHaveBeenCalledTimes(2);
  });

  it('refuses a second start from the same folder, and says how to see, end or avoid the first', async () => {
    await start();
    const failed = startCluster(options);
    await expect(failed).rejects.toMatchObject({
      message: `A cluster runs from ${dir} already (pid ${process.pid}).`,
      remedy: expect.arrayContaining([`End it: kill ${process.pid}`]),
    });
  });

  it('lets exactly one of two starts at the same moment win, also over a stale lock', async () => {
    writeFileSync(join(dir, 'lock'), JSON.stringify({ pid: process.pid, born: 'long ago' }));
    const [first, second] = await Promise.allSettled([startCluster(options), startCluster(options)]);
    const winner = [first, second].find((result) => result.status === 'fulfilled');
    running = winner?.value;
    expect([first?.status, second?.status].sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('leaves no process behind when its starter is killed, and starts again', async () => {
    const starter = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/starter.ts'), dir]);
    await once(starter.stdout, 'data');
    const left = readState(dir)?.processes ?? [];
    expect(left.filter(({ identity }) => isAlive(identity))).toHaveLength(6);
    starter.kill('SIGKILL');
    await until(() => !left.some(({ identity }) => isAlive(identity)), { what: 'all have ended' });
    await start();
  });

  it('ends what an earlier start left behind, if it is still that', async () => {
    const cluster = await start();
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as object;
    await cluster.stop();
    const orphan = spawn('sleep', ['60']);
    const identity = identityOf(orphan.pid ?? 0);
    const processes = [{ name: 's1', kind: 'socket', identity, port: 1 }];
    writeFileSync(join(dir, 'state.json'), JSON.stringify({ ...state, processes }));
    const said: string[] = [];
    await start({ progress: (line) => said.push(line) });
    expect(said[0]).toBe('ending what an earlier start left behind: s1');
    expect(orphan.signalCode).toBe('SIGTERM');
  });

  it('never ends a stranger who got the pid of a process that it remembers', async () => {
    const cluster = await start();
    const state = JSON.parse(readFileSync(join(dir, 'state.json'), 'utf8')) as { processes: unknown[] };
    await cluster.stop();
    const stranger = spawn('sleep', ['60']);
    const forged = { name: 's1', kind: 'socket', identity: { pid: stranger.pid, born: 'another time' }, port: 1 };
    writeFileSync(join(dir, 'state.json'), JSON.stringify({ ...state, processes: [forged] }));
    await start();
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill();
  });

  it('tells of every taken port who has it, a line each, and one line that moves to free ports as it was typed', async () => {
    const offset = (await freeBelow(20_000)) - 8080;
    const holders = [await held(8080 + offset), await held(3000 + offset), await held(8080 + offset + 100)];
    const options = ['--dir', 'a b', '--port-offset', String(offset), '--socket-nodes=5'];
    const failed = await start({ ports: { offset, env: {}, options } }).catch((error: unknown) => error);
    for (const holder of holders) holder.close();
    const [line = '', ...more] = failed instanceof Trouble ? failed.remedy : [];
    const typed = /^npx --yes pnpm@12 start --dir 'a b' --socket-nodes=5 --port-offset (\d+)$/.exec(line);
    const other = Number(typed?.[1]);
    expect({ failed, more }).toMatchObject({
      failed: { message: expect.stringMatching(takenLines(offset)) },
      more: [],
    });
    expect(other).toBeGreaterThan(offset + 100);
    for (const port of [8080, 3000, 3001, 3006, 3010, 5000, 8404]) expect(await isFree(port + other)).toBe(true);
  });

  it('moves a port that a variable chose by that variable', async () => {
    const port = await freePort();
    const holder = await held(port);
    const env = { PARLEY_PORT_TUTOR_GO: String(port), PARLEY_PORT_STATS: String(port), PARLEY_PORT_REDIS: '1234' };
    const failed = await start({ ports: { offset: 11_000, env } }).catch((error: unknown) => error);
    holder.close();
    const [line = ''] = failed instanceof Trouble ? failed.remedy : [];
    const found = /^PARLEY_PORT_TUTOR_GO=(\d+) PARLEY_PORT_STATS=(\d+) PARLEY_PORT_REDIS=1234 (.*)$/.exec(line) ?? [];
    const [, tutor, stats, rest] = found;
    expect(rest).toMatch(/^npx --yes pnpm@12 start --port-offset 11\d00$/);
    expect(new Set([tutor, stats, String(port)]).size).toBe(3);
    for (const moved of [tutor, stats]) expect(await isFree(Number(moved))).toBe(true);
  });

  it('refuses a port that is none, and a number of nodes that has no slots', async () => {
    const ports = { offset: 0, env: { PARLEY_PORT_MAIN: '80a' } };
    await expect(start({ ports })).rejects.toThrow('PARLEY_PORT_MAIN is "80a", which is no port.');
    await expect(start({ socketNodes: 19 })).rejects.toThrow('A cluster has 1 to 18 socket nodes, and not 19.');
  });

  it('says which server of DATABASE_URL and REDIS_URL does not answer, without its password', async () => {
    const port = await freePort();
    const databaseUrl = `postgres://parley:hidden@127.0.0.1:${port}/parley`;
    const failed = await start({ databaseUrl }).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      message: expect.stringContaining('DATABASE_URL names a server that does not answer'),
    });
    expect(String(failed)).not.toContain('hidden');
    await expect(start({ redisUrl: `redis://127.0.0.1:${port}` })).rejects.toThrow(/REDIS_URL .* ECONNREFUSED/);
  });
});
