import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { caseNames, caseOf } from '../bench/cases.ts';
import { goals } from '../bench/goals.ts';
import { buildPeers, playable } from '../bench/peers/build-peers.ts';
import { peers, titleOf } from '../bench/peers/peers.ts';
import { type PeerName, peerNames } from '../generator/plan.ts';
import { buildArgs, goModOf } from '../run/go-build.ts';

let dir: string;
let said: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'parley-peers-'));
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const say = (line: string) => void said.push(line);
const wanted = new Set<string>(['parley', 'centrifugo']);
const { module, version } = peers.centrifugo;

/** Stands for Go: it writes down what was asked of it, and what it builds is a line of text. */
function compiler(exitCode: number): string {
  const path = join(dir, 'go');
  writeFileSync(
    path,
    `#!/bin/sh\necho "$@" > ${dir}/asked\ncat go.mod > ${dir}/go.mod\necho built > program\nexit ${exitCode}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

describe('a peer', () => {
  it('is built from the sources of the one version that it is called by', async () => {
    const into = join(dir, 'peers');
    const binaries = await buildPeers(wanted, compiler(0), into, say);
    const folder = join(into, `centrifugo-${version}`);
    expect([...binaries]).toEqual([['centrifugo', folder]]);
    expect(readFileSync(join(folder, 'centrifugo'), 'utf8')).toBe('built\n');
    expect(readFileSync(join(dir, 'go.mod'), 'utf8')).toContain(`require ${module} v${version}\n`);
    expect(readdirSync(folder)).toEqual(['centrifugo']);
  });

  it('is built once', async () => {
    const into = join(dir, 'peers');
    mkdirSync(join(into, `centrifugo-${version}`), { recursive: true });
    writeFileSync(join(into, `centrifugo-${version}`, 'centrifugo'), '');
    expect([...(await buildPeers(wanted, undefined, into, say)).keys()]).toEqual(['centrifugo']);
    expect(said).toEqual([]);
  });

  it('of several programs is here when all are', async () => {
    const into = join(dir, 'peers');
    const folder = join(into, `tinode-${peers.tinode.version}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'tinode'), '');
    expect((await buildPeers(new Set(['tinode']), undefined, into, say)).size).toBe(0);
    expect((await buildPeers(new Set(['tinode']), compiler(0), into, say)).get('tinode')).toBe(folder);
    expect(readFileSync(join(dir, 'asked'), 'utf8')).toContain(
      '-tags postgres -o program github.com/tinode/chat/tinode-db',
    );
    expect(readdirSync(folder).toSorted()).toEqual(['tinode', 'tinode-db']);
  });

  it('is left out, and that is said, where Go is missing', async () => {
    expect((await buildPeers(wanted, undefined, dir, say)).size).toBe(0);
    expect(said).toEqual([expect.stringMatching(/^Centrifugo 5\.4\.9 is left out: .*Go, which is not here/)]);
  });

  it('is left out, and that is said, where building it fails; nothing half built stays', async () => {
    const into = join(dir, 'peers');
    expect((await buildPeers(wanted, compiler(3), into, say)).size).toBe(0);
    expect(said.at(-1)).toMatch(/^Centrifugo 5\.4\.9 is left out: Building .* failed \(go build ended with 3\)/);
    expect(readdirSync(into, { recursive: true })).toEqual([`centrifugo-${version}`]);
  });

  it('leaves its case to the others where it is left out', () => {
    const { variants } = caseOf('rooms-of-10');
    const labelsOf = (names: readonly PeerName[]) =>
      playable(variants, new Map(names.map((name) => [name, '/a/binary']))).map(({ label }) => label);
    expect(labelsOf([])).toEqual(['ours', 'B0', 'B1', 'raw']);
    expect(labelsOf(peerNames)).toEqual(variants.map(({ label }) => label));
  });

  it('is not built for cases that it has no part in', async () => {
    await buildPeers(new Set(['parley', 'baseline']), undefined, dir, say);
    expect(said).toEqual([]);
  });

  it.each(peerNames)('%s has a goal, named by its version', (name) => {
    const labels = caseNames.flatMap((of) => caseOf(of).variants.flatMap((v) => (v.system === name ? [v.label] : [])));
    const against = goals.filter((goal) => goal.against !== undefined && labels.includes(goal.against));
    expect(against.some(({ measure }) => measure.includes(titleOf(peers[name])))).toBe(true);
  });
});

describe('building with Go', () => {
  const program = { module: 'example.org/m', version: '1.2.3', package: 'example.org/m/cmd' };

  it('requires the module in a module of our own', () => {
    expect(goModOf(program)).toMatch(/^require example\.org\/m v1\.2\.3$/m);
    expect(buildArgs(program)).toEqual(['build', '-mod=mod', '-o', 'program', 'example.org/m/cmd']);
  });

  it('passes tags', () => {
    expect(buildArgs({ ...program, tags: ['a', 'b'] })).toEqual(expect.arrayContaining(['-tags', 'a,b']));
  });
});
