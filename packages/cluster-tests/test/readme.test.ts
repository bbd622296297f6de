import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { until } from '@parley/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { callHttp, sharedCluster } from '../src/index.ts';

const cluster = sharedCluster();
beforeEach(() => cluster.whole());
const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Commands that are the two ways into everything: one is what runs this test, the other has a test file of its own. */
const runElsewhere: Record<string, string> = {
  'npx --yes pnpm@12 start': 'packages/cluster/test/up.test.ts',
  'npx --yes pnpm@12 test': 'packages/testkit/src/test.ts',
};

/** `npx` that finds the project's own commands without asking a registry, and the shared cluster behind them. */
let bin: string;
beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), 'parley-readme-'));
  const npx = [
    '#!/bin/sh',
    'while [ "$1" != parley ] && [ "$1" != exec ]; do shift || exit 2; done; word=$1; shift',
    // What `pnpm exec` does: the project's own programs come first, its Node too.
    `[ "$word" = exec ] && PATH="${join(root, 'node_modules/.bin')}:$PATH" && exec "$@"`,
    `exec "${join(root, 'packages/cluster/bin/parley')}" "$@" --dir "${cluster.dir}"`,
  ];
  writeFileSync(join(bin, 'npx'), `${npx.join('\n')}\n`);
  chmodSync(join(bin, 'npx'), 0o755);
});
afterAll(() => rmSync(bin, { recursive: true, force: true }));

describe('every command of the README', () => {
  it('stands in a block that is run, here or by the test that is named for it', () => {
    const [ways = '', curl = ''] = blocks();
    expect(blocks()).toHaveLength(2);
    const commands = ways.split('\n').flatMap((line) => line.replace(/\s+#.*/, '').trim() || []);
    expect(commands).toEqual(Object.keys(runElsewhere));
    expect(curl).toContain('curl');
  });

  it('sends the first message with curl', async () => {
    const { code, out } = await ended(sh(`set -e\n${blocks()[1]}`));
    expect(code).toBe(0);
    const answer = JSON.parse(out.trim().split('\n').at(-1) ?? '') as { seq: number; conversationId: string };
    expect(answer).toMatchObject({ seq: expect.any(Number), duplicate: false });
    const page = await callHttp({ url: cluster.url, token: cluster.token('bob') }, 'history.page', {
      conversationId: answer.conversationId,
    });
    expect(page.ok && page.body.messages.at(-1)).toMatchObject({ senderId: 'ada', body: 'Hello, Bob' });
  });

  it('sends at one terminal what another one hears', async () => {
    const [send = '', tail = ''] = inline(/parley (?:send|tail) /);
    await ended(sh('npx parley user create main bob'));
    const hearing = sh(`exec ${tail}`);
    let heard = '';
    hearing.stdout?.setEncoding('utf8').on('data', (chunk: string) => (heard += chunk));
    const { code, out } = await ended(sh(send));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/^stored as number \d+/) });
    const number = /number (\d+)/.exec(out)?.[1] ?? '';
    await until(() => heard.includes(`#${number} ada Hello`), { what: 'bob hears it', withinMs: 10_000 });
    hearing.kill('SIGINT');
    expect(await once(hearing, 'close')).toEqual([0, null]);
  });

  it('shows the state of the cluster', async () => {
    const [status = ''] = inline(/parley status/);
    const { code, out } = await ended(sh(status.replace(/^pnpm/, 'npx')));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('All is well') });
  });

  it('the first message with the SDK, which is the example', async () => {
    await ended(sh('npx parley user create main bob'));
    const clientReadme = readFileSync(join(root, 'packages/client/README.md'), 'utf8');
    const [command = ''] = blocks(clientReadme).filter((block) => block.includes('examples/first-message.ts'));
    // As one process, so that Ctrl-C reaches the example and not its shell.
    const example = sh(command.replace(/^npx (?=.*first-message)/m, 'exec npx '));
    let said = '';
    example.stdout?.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    await until(() => /stored as number \d+/.test(said) && said.includes(': Hello, Bob!'), {
      what: 'it is stored and heard',
      withinMs: 10_000,
    });
    example.kill('SIGINT');
    expect(await once(example, 'close')).toEqual([0, null]);
  });
});

const blocks = (document = readme): string[] =>
  [...document.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
const inline = (what: RegExp): string[] =>
  [...readme.matchAll(/`([^`\n]+)`/g)].map(([, command = '']) => command).filter((command) => what.test(command));

function sh(script: string): ChildProcess {
  const child = spawn('sh', ['-c', script.replaceAll('http://127.0.0.1:8080', cluster.url)], {
    cwd: root,
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, PARLEY_URL: cluster.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function ended(child: ChildProcess): Promise<{ code: number | null; out: string }> {
  if (!child.stdout || !child.stderr) throw new Error('no pipes');
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (code !== 0) throw new Error(`ended with ${code}: ${out}${error}`);
  return { code, out };
}
