import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Balancer, freePort, type Identity, identityOf, isAlive } from '@parley/cluster';
import { until } from '@parley/testkit';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ask, type Balanced, fakeNode, root, startBalanced } from './fixtures/balanced.ts';
import { startMaster } from './fixtures/master.ts';
import { serveNames } from './fixtures/names.ts';
import { shown, upgrade } from './fixtures/upgraded.ts';

const fixture = (name: string): string => join(root, 'packages/cluster/test/fixtures', name);
const [former, renewed] = ['localhost.pem', 'localhost-renewed.pem'].map(fixture) as [string, string];
const trusted = readFileSync(former, 'utf8') + readFileSync(renewed, 'utf8');
const page = readFileSync(join(root, 'infra/operate.md'), 'utf8');
const socketPath = '/socket.io/?EIO=4&transport=websocket';

/** The blocks of commands below a heading of the page. */
const blocksOf = (heading: string): string[] =>
  [...(page.split(`### ${heading}\n`)[1]?.split(/^#{2,3} /m)[0] ?? '').matchAll(/```sh\n(.*?)```/gs)].map(
    ([, block = '']) => block,
  );
const [certificate = '', lastDay = ''] = blocksOf('A certificate without another process');
const [configuration = ''] = blocksOf('A configuration by SIGUSR2');
const [runtime = ''] = certificate.split('\n');
const [, abort = ''] = /`(echo "abort ssl cert [^`]+)`/.exec(page) ?? [];

/** Runs commands of the page as they stand there. */
async function type(commands: string, env: NodeJS.ProcessEnv): Promise<{ code: number; out: string }> {
  const shell = spawn('bash', ['-c', commands], { env: { ...process.env, ...env }, cwd: root });
  const [out, , [code]] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  return { code: code as number, out };
}

describe('a certificate that is changed over the runtime API', () => {
  let balanced: Balanced;
  let folder: string;
  let file: string;
  let door: string;
  const change = (to: string, commands = certificate) =>
    type(commands, { PARLEY_ADMIN_SOCKET: join(balanced.folder, 'admin.sock'), PARLEY_TLS_CERT: file, NEW: to });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parley-tls-'));
    file = join(folder, 'tls.pem');
    copyFileSync(former, file);
    balanced = await startBalanced({ PARLEY_TLS_CERT: file });
    await balanced.node('sockets', 's1');
    door = balanced.main.replace('http:', 'https:');
  });
  afterEach(async () => {
    await balanced.stop();
    rmSync(folder, { recursive: true });
  });

  it('is what new connections see, and an open WebSocket stays where it is', async () => {
    const socket = await upgrade(door, socketPath, trusted);
    const before = await shown(door, trusted);
    expect(await change(renewed)).toMatchObject({ code: 0, out: expect.stringContaining('Success!') });
    const after = await shown(door, trusted);
    expect(after).not.toBe(before);
    expect(await socket.echo('still here')).toBe('still here');
    socket.end();
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(renewed, 'utf8'));
    const seen = await type(lastDay, { DOOR: new URL(door).host });
    expect(seen.out).toMatch(/^notAfter=\w{3} .* GMT\n$/);
  });

  it('stays the one of before when its key does not fit', async () => {
    const [chain = ''] = readFileSync(renewed, 'utf8').split(/(?=-----BEGIN PRIVATE KEY)/);
    const [, key = ''] = readFileSync(former, 'utf8').split(/(?=-----BEGIN PRIVATE KEY)/);
    const wrong = join(folder, 'wrong.pem');
    writeFileSync(wrong, chain + key);
    const before = await shown(door, trusted);
    expect((await change(wrong)).code).toBe(1);
    expect((await change(wrong, `${runtime}\n${abort}`)).out).toContain('Transaction aborted');
    expect(await shown(door, trusted)).toBe(before);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(former, 'utf8'));
  });
});

describe('a configuration that a master reloads on SIGUSR2', () => {
  it('leaves slots as they are and open WebSockets on the old process, which ends after its last', async () => {
    const { admin, main, env } = await startMaster();
    const socket = await upgrade(main, socketPath);
    const worker = await workerOf(admin);
    await reloaded(admin, async () => expect((await type(`${runtime}\n${configuration}`, env)).code).toBe(0));

    expect(await filled(admin)).toEqual({ s1: 'UP', s2: 'DRAIN', a1: 'UP' });
    expect(await socket.echo('still here')).toBe('still here');
    const late = await upgrade(main, socketPath);
    expect(late.first).toBe('s1');
    // The new process knows the one of the two that it took.
    expect((await admin.slots()).reduce((sum, { sessions }) => sum + sessions, 0)).toBe(1);
    expect(isAlive(worker)).toBe(true);
    socket.end();
    await until(() => !isAlive(worker), { what: 'the old worker has ended' });
    expect(await late.echo('still here')).toBe('still here');
    late.end();
  });

  it('empties the slots without their state, and cuts who is left after hard-stop-after', async () => {
    const { pid, admin, main } = await startMaster({
      changed: (config) => config.replace('hard-stop-after 1h', 'hard-stop-after 1s'),
    });
    const socket = await upgrade(main, socketPath);
    await reloaded(admin, () => process.kill(pid, 'SIGUSR2'));
    expect(await filled(admin)).toEqual({});
    await expect(ask(main)).rejects.toThrow('answered 503');
    await socket.ended;
  });

  it('finds nodes by DNS again within a second, while open WebSockets stay on the old process', async () => {
    const ports = { port: await freePort(), privatePort: await freePort() };
    const nodes = await Promise.all([
      fakeNode('s1', { host: '127.0.0.2', ...ports }),
      fakeNode('a1', { host: '127.0.0.3', ...ports }),
    ]);
    const addresses = new Map([
      ['socket.test', ['127.0.0.2']],
      ['api.test', ['127.0.0.3']],
    ]);
    const names = await serveNames(addresses);
    onTestFinished(() => {
      for (const { close } of [names, ...nodes]) close();
    });
    const { pid, admin, main } = await startMaster({
      names: {
        PARLEY_DNS: names.address,
        PARLEY_DNS_SOCKET: `socket.test:${ports.port}`,
        PARLEY_DNS_API: `api.test:${ports.port}`,
        PARLEY_PRIVATE_PORT: String(ports.privatePort),
      },
    });
    const all = async () => (await ask(main)).slot === 'a1' && Object.keys(await filled(admin)).length === 2;
    await until(all, { what: 'HAProxy has found its nodes' });
    const socket = await upgrade(main, socketPath);
    const worker = await workerOf(admin);
    await reloaded(admin, () => process.kill(pid, 'SIGUSR2'));
    await until(all, { what: 'HAProxy has found its nodes again', withinMs: 1_000 });
    expect(await socket.echo('still here')).toBe('still here');
    socket.end();
    await until(() => !isAlive(worker), { what: 'the old worker has ended' });
  });

  it('changes nothing when it is wrong, whether it was looked at before or not', async () => {
    const { pid, admin, main, config, env, log } = await startMaster();
    const worker = await workerOf(admin);
    writeFileSync(config, readFileSync(config, 'utf8').replace('nbthread', 'nbthreads'));
    expect((await type(`${runtime}\n${configuration}`, env)).code).toBe(1);
    expect(log()).not.toContain('nbthreads');
    await insisting(
      () => process.kill(pid, 'SIGUSR2'),
      () => log().includes('nbthreads'),
    );
    expect(await workerOf(admin)).toEqual(worker);
    expect(await ask(main)).toMatchObject({ slot: 'a1' });
  });
});

async function workerOf(admin: Balancer): Promise<Identity> {
  const pid = Number((await admin.info()).get('Pid'));
  return identityOf(pid) ?? { pid, born: '' };
}

async function reloaded(admin: Balancer, signal: () => unknown): Promise<void> {
  const { pid } = await workerOf(admin);
  await insisting(signal, async () => (await workerOf(admin)).pid !== pid);
}

/** A master misses the signal in the moment after its own start: it is given again while nothing came of it. */
const insisting = (signal: () => unknown, heeded: () => boolean | Promise<boolean>): Promise<boolean> => {
  const once = async () => {
    await signal();
    return await until(heeded, { what: 'the signal is heeded', withinMs: 1_000 });
  };
  return until(once, { what: 'one of the signals is heeded', withinMs: 10_000 });
};

/** The slots that are in use. A new process says `UP 1/2` until it has asked a node itself. */
async function filled(admin: Balancer): Promise<Record<string, string>> {
  const slots = (await admin.slots()).filter(({ status }) => !status.startsWith('MAINT'));
  return Object.fromEntries(slots.map(({ slot, status }) => [slot, status.split(' ', 1)[0] ?? '']));
}
