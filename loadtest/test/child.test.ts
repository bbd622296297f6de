import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const childModule = JSON.stringify(join(import.meta.dirname, '..', 'run', 'child.ts'));
/** Tells of each interruption, and ends when it is asked to. */
const work = `
  process.on('SIGINT', () => console.log('interrupted'));
  process.on('SIGTERM', () => process.exit(7));
  setInterval(() => {}, 1_000);
  console.log('ready');
`;
const ours = `
  const { run } = await import(${childModule});
  const code = await run(process.execPath, ['-e', ${JSON.stringify(work)}], {});
  console.log('ended with', code);
`;

it('one Ctrl-C interrupts what runs once, although the terminal and pnpm both tell us', async () => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', ours], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed: string[] = [];
  const lines = createInterface(parent.stdout);
  for await (const line of lines) {
    printed.push(line);
    if (line === 'ready') {
      // As a terminal does, the whole group; and as pnpm does, whoever it started.
      process.kill(-parent.pid!, 'SIGINT');
      process.kill(parent.pid!, 'SIGINT');
    }
    if (line === 'interrupted') process.kill(parent.pid!, 'SIGTERM');
  }
  expect(printed).toEqual(['ready', 'interrupted', 'ended with 7']);
});
