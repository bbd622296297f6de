import { sessionOn } from '@parley/testkit';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort, startPostgres, startRedis, Trouble } from '@parley/cluster';
import { redisHealth } from '../src/health.ts';
import { findOrInstall } from '../src/parts/install.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-parts-'));
// As root the server runs as another user, who has to be able to enter.
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('PostgreSQL', () => {
  const options = { dataDir: join(folder, 'pg'), logFile: join(folder, 'pg.log'), durable: false };

  it('starts from nothing, keeps its data between starts, and is PostgreSQL 18 in UTF-8', async () => {
    const lines: string[] = [];
    const first = await startPostgres({ ...options, progress: (line) => lines.push(line) });
    await query(first.url, 'create table kept (body text)');
    await query(first.url, `insert into kept values ('grün')`);
    await first.stop();
    const second = await startPostgres(options);
    expect(await query(second.url, 'select upper(body) as body from kept')).toEqual([{ body: 'GRÜN' }]);
    expect(await query(second.url, 'show server_version_num')).toEqual([
      { server_version_num: expect.stringMatching(/^18/) },
    ]);
    await second.stop();
    await second.stop();
    expect(lines).toContain('preparing the database (once, a few seconds)');
  });

  it('ends a server that a killed starter left behind on the same folder', async () => {
    const left = await startPostgres(options);
    const next = await startPostgres(options);
    expect(await left.exited).toMatchObject({ code: 0 });
    await next.stop();
  });

  it('refuses a data folder of another version and says what to type', async () => {
    const version = join(options.dataDir, 'PG_VERSION');
    const before = readFileSync(version);
    writeFileSync(version, '16\n');
    const failed = await startPostgres(options).catch((error: unknown) => error);
    writeFileSync(version, before);
    expect(failed).toBeInstanceOf(Trouble);
    expect(failed).toMatchObject({ message: expect.stringContaining('PostgreSQL 16; this one is 18') });
    expect((failed as Trouble).remedy[0]).toContain(`mv ${options.dataDir} ${options.dataDir}-16`);
  });
});

describe('PostgreSQL in a folder that nobody else can enter', () => {
  it('keeps its data there, or where its user can go when it runs as another one because we are root', async () => {
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    const lines: string[] = [];
    const options = { dataDir: join(home, 'pg'), logFile: join(folder, 'home.log'), durable: false };
    const { dataDir, stop } = await startPostgres({ ...options, progress: (line) => lines.push(line) });
    await stop();
    expect(existsSync(join(dataDir, 'PG_VERSION'))).toBe(true);
    const moved = dataDir.startsWith('/var/lib/parley/data/');
    expect(moved).toBe(process.getuid?.() === 0);
    expect(lines.join().includes(`its user cannot enter ${options.dataDir}`)).toBe(moved);
    rmSync(dataDir, { recursive: true });
  });
});

describe('Redis', () => {
  it('answers on loopback with sharded pub/sub, and leaves no file', async () => {
    const redis = await startRedis({ dir: join(folder, 'redis'), logFile: join(folder, 'redis.log') });
    const client = new Redis(redis.url);
    expect(await client.spublish('channel', 'hello')).toBe(0);
    client.disconnect();
    await redis.stop();
    expect(await redis.exited).toMatchObject({ code: 0 });
  });
});

describe('whether Redis answers', () => {
  it('is asked of every server that a URL names, until one does', async () => {
    const gone = `redis://127.0.0.1:${await freePort()}`;
    const redis = await startRedis({
      port: await freePort(),
      dir: join(folder, 'asked'),
      logFile: join(folder, 'asked.log'),
    });
    expect(await redisHealth(`${gone},${redis.url}`)).toMatchObject({
      up: true,
      version: expect.stringMatching(/^\d+\./),
    });
    await redis.stop();
    expect(await redisHealth(`${gone},${redis.url}`)).toEqual({
      up: false,
      reason: expect.stringMatching(/ECONNREFUSED.*; .*ECONNREFUSED/),
    });
  });
});

describe('a free port', () => {
  it('is not given again while the process that has it lives, and is when that has ended', async () => {
    const asking = `import('@parley/cluster').then(async ({ freePort }) => {
      console.log(await freePort());
      process.stdin.resume();
    })`;
    const other = spawn(process.execPath, ['-e', asking], { cwd: import.meta.dirname });
    const [said] = (await once(other.stdout, 'data')) as [Buffer];
    const port = Number(String(said));
    expect(await freePort(port)).not.toBe(port);
    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await freePort(port)).toBe(port);
  });
});

describe('a program that is missing', () => {
  const packages = { 'apt-get': 'teapot', dnf: 'teapot', apk: 'teapot', brew: 'teapot' };
  const program = { title: 'Teapot', names: ['teapot'], packages, instead: ['Or do without.'] };
  const lines: string[] = [];
  const progress = (line: string) => void lines.push(line);

  /** A machine with these programs on its PATH and nothing else; `$0` is in the folder that they are in. */
  function machine(programs: Record<string, string>, isRoot: boolean): { path: string; isRoot: boolean } {
    const path = mkdtempSync(join(folder, 'path-'));
    for (const [name, script] of Object.entries(programs)) {
      writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    return { path, isRoot };
  }
  const aptGet = `echo "apt-get $*"; if [ "$1" = install ]; then cp "$0" "$(dirname "$0")/teapot"; fi`;

  it('is installed where that needs no question, and every step is shown', async () => {
    const here = machine({ apk: 'exit 1', 'apt-get': aptGet }, true);
    expect(await findOrInstall(program, progress, here)).toBe(join(here.path, 'teapot'));
    expect(lines).toEqual([
      'installing Teapot with apt-get (once)',
      '  apt-get update -q',
      '  apt-get install -y -q --no-install-recommends teapot',
    ]);
  });

  it('is installed with sudo where that asks for no password', async () => {
    const here = machine({ 'apt-get': aptGet, sudo: 'shift; exec "$@"' }, false);
    expect(await findOrInstall(program, progress, here)).toBe(join(here.path, 'teapot'));
  });

  it('is asked for with the exact command when installing it needs a password', async () => {
    await expect(
      findOrInstall(program, progress, machine({ apk: 'exit 1', sudo: 'exit 1' }, false)),
    ).rejects.toMatchObject({
      message: 'Teapot is not installed, and installing it needs your password.',
      remedy: ['sudo apk add teapot', 'Or do without.'],
    });
  });

  it('is asked for by name when there is no package manager', async () => {
    await expect(findOrInstall(program, progress, machine({}, true))).rejects.toMatchObject({
      message: expect.stringContaining('Teapot is not installed'),
      remedy: ['Install teapot so that it is on PATH.', 'Or do without.'],
    });
  });

  it('is asked for with the last words of an installation that failed', async () => {
    const here = machine({ 'apt-get': 'echo "no network" >&2; exit 100' }, true);
    await expect(findOrInstall(program, progress, here)).rejects.toMatchObject({
      message: 'apt-get update -q failed:\nno network',
    });
  });
});

async function query(url: string, text: string): Promise<unknown[]> {
  const client = await sessionOn(url);
  const { rows } = await client.query<Record<string, unknown>>(text);
  await client.end();
  return rows;
}
