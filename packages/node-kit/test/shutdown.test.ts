import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./support/draining-process.ts', import.meta.url));

type Running = { child: ChildProcess; said: string[] };

function start(env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(...chunk.toString().trim().split('\n')));
  return { child, said };
}

const saying = ({ said }: Running, line: string) =>
  until(() => said.includes(line), { withinMs: 15_000, what: `it says "${line}"` });

describe('a process that is told to end', () => {
  it('drains and exits with 0, also when it is told twice', async () => {
    const running = start();
    const exit = once(running.child, 'exit');
    await saying(running, 'up');
    running.child.kill('SIGINT');
    await saying(running, 'draining SIGINT');
    running.child.kill('SIGTERM');
    running.child.kill('SIGINT');
    expect(await exit).toEqual([0, null]);
    expect(running.said).toEqual(['up', 'draining SIGINT', 'drained']);
  });

  it('exits with 1 when draining takes too long', async () => {
    const running = start({ HANG: '1' });
    const exit = once(running.child, 'exit');
    await saying(running, 'up');
    running.child.kill('SIGTERM');
    expect(await exit).toEqual([1, null]);
  });

  it('drains after a defect too, tells of it, and exits with 1', async () => {
    const running = start({ DEFECT: '1' });
    expect(await once(running.child, 'exit')).toEqual([1, null]);
    await saying(running, 'drained');
    expect(running.said).toEqual(['up', 'fatal', 'draining defect', 'drained']);
  });
});
