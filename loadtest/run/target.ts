import { join } from 'node:path';
import { type ClusterState, defaultDir, inFolder, isRunning, readState, start, Trouble } from '@parley/cluster';
import { loadSpaces, type Space } from '@parley/node-kit';

/** The cluster under load. */
export type Target = {
  /** The base URL of a space. */
  urlOf(space: string): string;
  space(name: string): Space;
  /** Its processes as they are now; `undefined` for a cluster elsewhere. */
  state(): ClusterState | undefined;
};

type Named = { dir?: string | undefined; url?: string | undefined };

/**
 * The cluster that `--url` names, else the one that runs from a folder of this machine.
 * @throws Trouble when there is none, or no such space
 */
export function findTarget({ dir = defaultDir, url }: Named): Target {
  const running = (): ClusterState | undefined => {
    const found = url === undefined ? readState(dir) : undefined;
    return found && isRunning(found) ? found : undefined;
  };
  const state = running();
  if (!state && url === undefined) {
    throw new Trouble(`No cluster runs from ${dir}.`, [start(...inFolder(dir)), 'Or name another one: --url <url>']);
  }
  const spacesPath =
    state?.spacesPath ?? process.env['PARLEY_SPACES'] ?? join(import.meta.dirname, '..', '..', 'infra', 'spaces.json');
  const spaces = loadSpaces(spacesPath, process.env);
  return {
    state: running,
    urlOf: (space) => url ?? state?.urls[space] ?? '',
    space(name) {
      const found = spaces.get(name);
      if (!found) throw new Trouble(`There is no space "${name}" in ${spacesPath}.`);
      return found;
    },
  };
}
