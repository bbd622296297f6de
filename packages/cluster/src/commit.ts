import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from './project-root.ts';

/** What is checked out here; `undefined` without git, or where this is no clone. */
export function commitHere(): string | undefined {
  // Named, because git would go on looking above: this folder may lie in a clone of something else.
  const words = ['--git-dir', join(projectRoot, '.git'), 'rev-parse', '--short=12', 'HEAD'];
  const { status, stdout } = spawnSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout.trim() : undefined;
}
