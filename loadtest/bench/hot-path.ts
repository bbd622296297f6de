/**
 * The hot path, measured against the usual stack: one message, stored, acknowledged and told to its conversation.
 * `--help` lists the options; `loadtest/README.md` says how to read the answers.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import type { SystemName } from '../generator/plan.ts';
import { direct, throughHaproxy } from './front.ts';
import { measure } from './measure.ts';
import { type Options, readOptions, usage } from './options.ts';
import { paceText } from './pace-text.ts';
import { parley } from './parley.ts';
import { writeFlame } from './profiles.ts';
import { bars, isDisturbed, isFaulty, type Round, ratiosOf, samplesOf, spreadText, tableOf } from './report.ts';
import { postgresSettings, type Stores, startStores } from './stores.ts';
import type { System } from './system.ts';
import { usual } from './usual.ts';

const root = new URL('../..', import.meta.url).pathname;
const logDir = join(root, '.parley', 'bench', 'logs');

const options = read();
const front = options.throughHaproxy ? throughHaproxy(root, logDir) : direct;
const stores = await startStores();
const startedMs = Date.now();
try {
  process.exitCode = await compare(options, stores);
} finally {
  await stores.stop();
}

async function compare(options: Options, stores: Stores): Promise<number> {
  const flags = options.profileDir ? ['--cpu-prof', `--cpu-prof-dir=${options.profileDir}`] : [];
  const systems = [
    parley(options, options.dialect, stores, logDir, flags),
    usual('baseline', options, stores, logDir, flags),
  ].filter(({ name }) => options.only === undefined || options.only === name);
  for (const system of systems) await stores.makeTemplate(system.template, (url) => system.fill(url));
  say(heading(options));
  const rounds: Round[] = [];
  const discarded: Round[] = [];
  while (rounds.length < options.rounds) {
    const number = rounds.length;
    // Who goes first changes, so that what grows warm or tired with time is shared out.
    const round = await playRound(number, number % 2 === 0 ? systems : systems.toReversed());
    const repeat = discarded.length < options.repeats && isDisturbed(round) && !isFaulty(round);
    (repeat ? discarded : rounds).push(round);
    if (repeat) say(`round ${number + 1} was disturbed by others, and is played again`);
  }
  return conclude(rounds, discarded, systems);
}

async function playRound(number: number, systems: readonly System[]): Promise<Round> {
  const round: Round = {};
  for (const system of systems) {
    const sample = await measure(system, { ...options, senders: options.roomSize }, stores, front);
    round[system.name] = sample;
    const { ackedPerSecond, cpuMicros, ackMs, disturbance, faults } = sample;
    say(
      `round ${number + 1}, ${system.name}: ${ackedPerSecond.toFixed(0)} messages/s, ${cpuMicros.total.toFixed(0)} µs each, ` +
        `ack p50 ${ackMs.p50.toFixed(1)} p99 ${ackMs.p99.toFixed(1)} ms, others used ${disturbance.otherCores.toFixed(2)} cores` +
        (faults.length > 0 ? `; AUDIT FAILED: ${faults.join(', ')}` : ''),
    );
  }
  return round;
}

async function conclude(rounds: Round[], discarded: Round[], systems: readonly System[]): Promise<number> {
  const names = systems.map(({ name }) => name);
  const ratios = ratiosOf(rounds);
  const faults = names.flatMap((name) => faultsOf(rounds, name));
  say(`\n${tableOf(rounds, names)}\n`);
  if (ratios) {
    say(`acknowledged messages/s: ×${spreadText(ratios.acked, 2)} of the baseline (bar: ≥ ${bars.ackedMin})`);
    say(`server CPU per message:  ×${spreadText(ratios.cpu, 2)} of the baseline (bar: ≤ ${bars.cpuMax})`);
  }
  say(faults.length === 0 ? 'audit: passed' : `audit: FAILED\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, memoryBytes: totalmem(), node: process.version };
  const versions = await stores.describe();
  // Without the paths of this machine: the file may be passed on.
  const { jsonPath, profileDir, ...asked } = options;
  const result = {
    at: new Date().toISOString(),
    asked,
    machine,
    versions,
    postgresSettings,
    ratios,
    faults,
    rounds,
    discarded,
  };
  mkdirSync(dirname(jsonPath), { recursive: true });
  writeFileSync(jsonPath, `${JSON.stringify(result, undefined, 2)}\n`);
  say(`numbers: ${jsonPath}`);
  const flame = profileDir && options.only && writeFlame(profileDir, startedMs);
  if (flame) say(`flame graph: ${flame}`);
  return faults.length === 0 ? 0 : 1;
}

function faultsOf(rounds: readonly Round[], name: SystemName): string[] {
  return samplesOf(rounds, name).flatMap(({ faults }) => faults.map((fault) => `${name}: ${fault}`));
}

function heading({ clients, roomSize, nodes, load, dialect, warmUpMs, windowMs, throughHaproxy }: Options): string {
  const pace = paceText(load);
  return (
    `${clients} clients in conversations of ${roomSize}, ${nodes} socket nodes, ${dialect}, ${throughHaproxy ? 'through HAProxy' : 'direct'}, ${pace}; ` +
    `${warmUpMs / 1000} s warm-up, ${windowMs / 1000} s measured; each system alone.`
  );
}

function read(): Options {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== 'help') return options;
    say(usage);
    process.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(2);
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
