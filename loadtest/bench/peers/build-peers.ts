import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type PeerName, peerNames, type SystemName } from '../../generator/plan.ts';
import { buildGo } from '../../run/go-build.ts';
import type { Variant } from '../cases.ts';
import { type Peer, peers, titleOf } from './peers.ts';

/** The peers that can be run here, each with the folder of its programs. */
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
  for (const name of peerNames.filter((each) => wanted.has(each))) {
    const peer = peers[name];
    const folder = join(dir, `${name}-${peer.version}`);
    const missing = Object.keys(peer.programs).filter((file) => !existsSync(join(folder, file)));
    const trouble = missing.length === 0 ? undefined : await build(peer, missing, go, folder, say);
    if (trouble === undefined) binaries.set(name, folder);
    else say(`${titleOf(peer)} is left out: ${trouble}`);
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
  peer: Peer,
  files: readonly string[],
  go: string | undefined,
  folder: string,
  say: (line: string) => void,
): Promise<string | undefined> {
  if (!go) return 'it is built with Go, which is not here (https://go.dev/dl).';
  say(`building ${titleOf(peer)} with Go into ${folder} (once, some minutes)`);
  const { module, version, tags = [] } = peer;
  try {
    for (const file of files) {
      await buildGo(go, { module, version, tags, package: peer.programs[file]! }, join(folder, file));
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
