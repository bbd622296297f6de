import { cpus, totalmem } from 'node:os';
import type { SystemName } from '../generator/plan.ts';
import { collectable, measureConnections } from './connections.ts';
import { type CaseName, caseOf, type Variant } from './cases.ts';
import { direct } from './front.ts';
import type { Readings } from './goals.ts';
import { measure, type Setup } from './measure.ts';
import { parley } from './parley.ts';
import { numberText } from './markdown.ts';
import { type Binaries, isPeer, playable } from './peers/build-peers.ts';
import { peers } from './peers/peers.ts';
import { metrics, type Reading, readingOf } from './readings.ts';
import type { Result } from './results.ts';
import { postgresSettings, type Stores } from './stores.ts';
import type { Population, System } from './system.ts';
import { turned } from './statistics.ts';
import { usual } from './usual.ts';

/** More than this of a core, used by others, changes what is measured. */
const otherCoresMax = 0.25;
const quickSeconds = { warmUpMs: 1_000, windowMs: 2_000 };

type Habits = {
  logDir: string;
  quick: boolean;
  /** Of the peers that are here; the others are left out. */
  binaries: Binaries;
  say: (line: string) => void;
};

/** Plays cases: each variant alone on the stores, in rounds whose order turns. */
export function createPlayer(stores: Stores, { logDir, quick, binaries, say }: Habits) {
  const made = new Map<string, Promise<System>>();
  const templates = new Set<string>();

  return {
    /** @param repeats how many disturbed rounds may be played again */
    async play(name: CaseName, rounds: number, repeats: number): Promise<Result> {
      const { asks, variants: all } = caseOf(name);
      const variants = playable(all, binaries);
      const [kept, discarded]: [Readings[], Readings[]] = [[], []];
      while (kept.length < rounds) {
        const readings = await playRound(turned(variants, kept.length));
        // In the order of the case, whoever went first.
        const round = Object.fromEntries(variants.map(({ label }) => [label, readings[label]]));
        const again = discarded.length < repeats && isDisturbed(round) && !isFaulty(round);
        (again ? discarded : kept).push(round);
        if (again) say('the round was disturbed by others, and is played again');
      }
      return {
        case: name,
        at: new Date().toISOString(),
        asks,
        machine: machine(),
        versions: { ...(await stores.describe()), node: process.versions.node, ...peerVersions(variants) },
        postgresSettings,
        asked: Object.fromEntries(variants.map(({ label, setup }) => [label, setupOf(setup)])),
        rounds: kept,
        discarded,
      };
    },
  };

  async function playRound(variants: readonly Variant[]): Promise<Readings> {
    const round: Record<string, Reading> = {};
    for (const { label, system: name, setup } of variants) {
      const reading = await readOrRefuse(name, setupOf(setup));
      round[label] = reading;
      say(`  ${label}: ${inShort(reading)}`);
    }
    return round;
  }

  /** Once more when it could not be run at all; then the round says so, and the others go on. */
  async function readOrRefuse(name: SystemName, setup: Setup): Promise<Reading> {
    try {
      return await read(name, setup);
    } catch (error) {
      say(`  ${name} could not be run: ${String(error)}`);
    }
    return read(name, setup).catch((error: unknown) => ({
      values: {},
      faults: [`could not be run: ${String(error)}`],
    }));
  }

  async function read(name: SystemName, setup: Setup): Promise<Reading> {
    if (setup.load.kind === 'idle') return measureConnections(await systemOf(name, setup, collectable), setup, stores);
    return readingOf(await measure(await systemOf(name, setup, []), setup, stores, direct));
  }

  /** Of each population once: what it is filled with is kept as a template. */
  function systemOf(name: SystemName, { clients, roomSize }: Population, nodeFlags: string[]): Promise<System> {
    const key = [name, clients, roomSize, ...nodeFlags].join(' ');
    const system = made.get(key) ?? make(name, { clients, roomSize }, nodeFlags);
    made.set(key, system);
    return system;
  }

  async function make(name: SystemName, population: Population, nodeFlags: string[]): Promise<System> {
    const system = systemNamed(name, population, nodeFlags);
    if (!templates.has(system.template)) await stores.makeTemplate(system.template, (url) => system.fill(url));
    templates.add(system.template);
    return system;
  }

  function systemNamed(name: SystemName, population: Population, nodeFlags: string[]): System {
    if (name === 'parley') return parley(population, 'native', stores, logDir, nodeFlags);
    if (!isPeer(name)) return usual(name, population, stores, logDir, nodeFlags);
    const binary = binaries.get(name);
    if (binary === undefined) throw new Error(`${name} is not built`);
    return peers[name].system(population, stores, logDir, binary);
  }

  function setupOf(setup: Setup): Setup {
    return quick ? { ...setup, ...quickSeconds } : setup;
  }
}

function peerVersions(variants: readonly Variant[]): Record<string, string> {
  const names = variants.map(({ system }) => system).filter(isPeer);
  return Object.fromEntries(names.map((name) => [peers[name].title, peers[name].version]));
}

function isDisturbed(round: Readings): boolean {
  return Object.values(round).some((reading) => (reading?.values.otherCores ?? 0) > otherCoresMax);
}

/** A round whose audit failed always counts. */
function isFaulty(round: Readings): boolean {
  return Object.values(round).some((reading) => (reading?.faults.length ?? 0) > 0);
}

const shown = [
  'ackedPerSecond',
  'cpuMicros',
  'ackP50Ms',
  'deliveryP99Ms',
  'connectionsPerCpuSecond',
  'bytesPerConnection',
  'otherCores',
] as const;

function inShort({ values, faults }: Reading): string {
  const told = shown.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`${metrics[name].label} ${numberText(value, metrics[name].digits)}`];
  });
  return [...told, ...faults.map((fault) => `AUDIT FAILED: ${fault}`)].join(' · ');
}

function machine(): Result['machine'] {
  return { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30) };
}
