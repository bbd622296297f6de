import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { until } from '@parley/testkit';
import { expect, it, onTestFinished } from 'vitest';

/** Starts a process that never ends by itself, and says its number. */
const driver = `
const { startProcess } = await import(process.argv[1]);
const args = ['-e', 'setInterval(() => {}, 1_000)'];
const { pid } = await startProcess({ file: process.execPath, args, logPath: process.argv[2] }, async () => true);
console.log(pid);
`;

it.each(['SIGINT', 'SIGTERM'] as const)('a driver that is ended by %s leaves nothing running', async (signal) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-processes-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = new URL('../bench/processes.ts', import.meta.url).href;
  const args = ['--input-type=module', '--eval', driver, path, join(dir, 'log')];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => child.kill(signal));
  const pid = Number(await text(child.stdout));
  expect(pid).toBeGreaterThan(0);
  await until(() => !isAlive(pid), { what: 'it is gone' });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
