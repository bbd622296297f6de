import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChecks, type Tally } from './checks.ts';
import { projects, selectTests, usage } from './selection.ts';
import { projectRoot } from './structure/project.ts';

// `pnpm test`: the static checks, then every test of every project (names of projects or files narrow the tests).
// The last line gives the true totals, so that it alone tells whether all is well.
const testMinutesMax = 13;

const args = process.argv.slice(2).filter((arg) => arg !== '--');
process.exitCode = await main();

async function main(): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(`${usage}\n${await projects()}`);
    return 0;
  }
  const selection = await selectTests(args);
  if (!selection.ok) {
    console.error(selection.why);
    return 2;
  }
  const checks = await runChecks(console.log);
  const tests = await runTests(args);
  const passed = checks.passed + tests.passed;
  const failed = checks.failed + tests.failed;
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** A run that ends without telling its totals (it crashed, or was cut for its time) counts as one failure. */
async function runTests(args: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  const tallyFile = join(folder, 'tally.json');
  try {
    const code = await vitest(args, tallyFile);
    const tally = readTally(tallyFile);
    if (!tally) return { passed: 0, failed: 1 };
    return code !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(args: readonly string[], tallyFile: string): Promise<number> {
  const reporter = join(projectRoot, 'packages/testkit/src/tally-reporter.ts');
  return new Promise((done) => {
    const child = spawn(
      join(projectRoot, 'node_modules/.bin/vitest'),
      ['run', '--config', '.vitest.config.ts', '--reporter=default', `--reporter=${reporter}`, ...args],
      { cwd: projectRoot, stdio: 'inherit', env: { ...process.env, PARLEY_TALLY: tallyFile } },
    );
    const cut = setTimeout(() => {
      console.log(`✗ the tests took longer than ${testMinutesMax} minutes`);
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 20_000).unref();
    }, testMinutesMax * 60_000);
    const forward = (signal: NodeJS.Signals): void => void child.kill(signal);
    process.on('SIGTERM', forward).on('SIGINT', forward);
    child.once('error', () => done(1));
    child.once('close', (code) => {
      clearTimeout(cut);
      done(code ?? 1);
    });
  });
}

function readTally(path: string): Tally | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Tally;
  } catch {
    return undefined;
  }
}
