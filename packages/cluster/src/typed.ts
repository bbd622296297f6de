import { join } from 'node:path';
import { projectRoot } from './project-root.ts';

/** Where a cluster lives when nobody says otherwise. */
export const defaultDir = join(projectRoot, '.parley');

/** What a person types before a script of the project, also on a machine that has no pnpm of its own. */
const pnpm = 'npx --yes pnpm@12';

/** As it is pasted: `start`, with what follows it. */
export const start = (...options: readonly string[]): string => [pnpm, 'start', ...options.map(quoted)].join(' ');

/** As it is pasted: a command of `parley`. */
export const parley = (...words: readonly string[]): string => [pnpm, 'parley', ...words.map(quoted)].join(' ');

/** Names the folder to a command, where it is not the usual one. */
export const inFolder = (dir: string): string[] => (dir === defaultDir ? [] : ['--dir', dir]);

/** The project's Node and packages, whatever the machine's own are. */
export const install = `${pnpm} install`;

/** One word of a shell; `<folder>` and `…` stand for something that is filled in, and stay readable. */
function quoted(word: string): string {
  return /^[\w@%+=:,./~<>…-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
