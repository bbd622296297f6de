import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { find, Trouble } from '@parley/cluster';
import { run } from './child.ts';

/** A program that is a package of a Go module, in one version. */
export type GoProgram = {
  module: string;
  version: string;
  /** Of its `main`, by its import path. */
  package: string;
  tags?: readonly string[];
};

/** Where Go's own guide puts it, which is not on everybody's PATH. */
const goFolder = '/usr/local/go/bin';

export function findGo(path = process.env['PATH'] ?? ''): string | undefined {
  return find(['go'], `${path}:${goFolder}`);
}

/**
 * Builds it into the file `target`, with the versions of its dependencies that it asks for itself.
 * @throws Trouble when it cannot be built
 */
export async function buildGo(go: string, program: GoProgram, target: string): Promise<void> {
  mkdirSync(dirname(target), { recursive: true });
  const dir = mkdtempSync(`${target}-`);
  try {
    writeFileSync(join(dir, 'go.mod'), goModOf(program));
    const code = await run(go, buildArgs(program), { cwd: dir });
    if (code !== 0)
      throw new Trouble(`Building ${program.package} failed (go build ended with ${code}).`, ['go version']);
    // Renamed when it is whole: of two builds at once, both leave a good file.
    renameSync(join(dir, built), target);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const built = 'program';

/** A module of our own that requires it, because `go install …@version` is refused by some module proxies. */
export function goModOf({ module, version }: GoProgram): string {
  return `module parley/build\n\ngo 1.26\n\nrequire ${module} v${version}\n`;
}

export function buildArgs({ package: path, tags = [] }: GoProgram): string[] {
  return ['build', '-mod=mod', ...(tags.length > 0 ? ['-tags', tags.join(',')] : []), '-o', built, path];
}
