/**
 * Ours beside the usual stacks and the floor, case by case, in interleaved rounds on one machine.
 * `--help` lists the cases; `loadtest/README.md` says how to read the answers.
 */
import { join } from 'node:path';
import { type BenchOptions, readBenchOptions, usage } from './bench-options.ts';
import { caseOf } from './cases.ts';
import { rowsPerBatchOf } from './floor.ts';
import { readResults, writeLimits, writeResult } from './results.ts';
import { writeReport } from './report-files.ts';
import { findGo } from '../run/go-build.ts';
import { caseTable, faultsOf, goalTable, limitTable } from './tables.ts';

const limitRounds = 3;
const limitWindowMs = 1_500;
/** In rows, while `rooms-of-10` has not said what ours is. */
const usualBatch = 50;

const root = new URL('../..', import.meta.url).pathname;
const options = read();
// Only now what is measured is read: whoever asks for help, or calls it wrongly, need not wait for it.
const [{ buildPeers }, { startStores }, { createPlayer }, { measureLimits }] = await Promise.all([
  import('./peers/build-peers.ts'),
  import('./stores.ts'),
  import('./player.ts'),
  import('./limits/measure.ts'),
]);
const asked = new Set(options.names.flatMap((name) => caseOf(name).variants.map(({ system }) => system)));
const binaries = await buildPeers(asked, findGo(), join(root, '.parley', 'peers'), say);
const stores = await startStores();
try {
  const logDir = join(root, '.parley', 'bench', 'logs');
  const player = createPlayer(stores, { logDir, quick: options.quick, binaries, say });
  let repeats = options.repeats;
  const startedAt = performance.now();
  for (const name of options.names) {
    say(`\n${name}: ${caseOf(name).asks}`);
    const result = await player.play(name, options.rounds ?? caseOf(name).rounds, repeats);
    repeats -= result.discarded.length;
    writeResult(options.dir, result);
    writeReport(options.dir);
    if (faultsOf(result).length > 0) process.exitCode = 1;
    say(`\n${caseTable(result)}\n${minutes(startedAt)} min so far`);
  }
  if (options.limits) {
    const rowsPerBatch = rowsPerBatchOf(readResults(options.dir)['rooms-of-10']?.rounds ?? []) ?? usualBatch;
    const rounds = [];
    for (let round = 0; round < (options.rounds ?? limitRounds); round += 1) {
      rounds.push(await measureLimits(stores, rowsPerBatch, options.quick ? 500 : limitWindowMs));
    }
    writeLimits(options.dir, { at: new Date().toISOString(), rowsPerBatch, rounds });
    writeReport(options.dir);
    say(`\n${limitTable(readResults(options.dir))}`);
  }
  say(
    `\n${goalTable(readResults(options.dir))}\n\nresults: ${options.dir}; \`pnpm docs\` brings them into the documents`,
  );
} finally {
  await stores.stop();
}

function read(): BenchOptions {
  try {
    const asked = readBenchOptions(process.argv.slice(2), root);
    if (asked !== 'help') return asked;
    say(usage);
    process.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function minutes(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 60_000).toFixed(1);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
