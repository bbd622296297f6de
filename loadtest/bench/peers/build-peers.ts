import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type PeerName, peerNames, type SystemName } from '../../generator/plan.ts';
import { buildGo } from '../../run/go-build.ts';
import type { Variant } from '../cases.ts';
import { peers, titleOf } from './peers.ts';

/** The peers that can be run here, and where. */
export type Binaries = ReadonlyMap<PeerName, string>;

/**
 * Finds what is already built in the folder, and builds the rest into it. A peer that cannot be built is left out, and said so:
 * the bench goes on without it.
 */
export async function buildPeers(
  wanted: ReadonlySet<string>,
  go: string | undefined,
  dir: string,
  say: (line: string) => void,
): Promise<Binaries> {
  const binaries = new Map<PeerName, string>();
  for (const name of peerNames.filter((peer) => wanted.has(peer))) {
    const { program } = peers[name];
    const target = join(dir, `${name}-${program.version}`);
    const trouble = existsSync(target) ? undefined : await build(name, go, target, say);
    if (trouble === undefined) binaries.set(name, target);
    else say(`${titleOf(peers[name])} is left out: ${trouble}`);
  }
  return binaries;
}

/** What is left of a case where peers are missing. */
export function playable(variants: readonly Variant[], binaries: Binaries): Variant[] {
  return variants.filter(({ system }) => !isPeer(system) || binaries.has(system));
}

export function isPeer(name: SystemName): name is PeerName {
  return peerNames.some((peer) => peer === name);
}

/** @returns why it could not be built */
async function build(
  name: PeerName,
  go: string | undefined,
  target: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  if (!go) return 'it is built with Go, which is not here (https://go.dev/dl).';
  say(`building ${titleOf(peers[name])} with Go into ${target} (once, some minutes)`);
  try {
    await buildGo(go, peers[name].program, target);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
