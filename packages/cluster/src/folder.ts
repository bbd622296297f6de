import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { start } from './typed.ts';
import { Trouble } from './trouble.ts';

/**
 * Makes a folder and those above it, one at a time: where a file system makes none and calls that ENOENT (/proc), Node's
 * own `recursive` tries for ever.
 * @throws Trouble with the system's reason and another way
 */
export function makeFolder(folder: string): void {
  try {
    make(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
}

function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another start was faster.
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Why this folder cannot be written to, and what to do. */
export function unusable(folder: string, error: unknown): Trouble {
  const other = `Choose another folder: ${start('--dir', '<folder>')}`;
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    const takeOver = `Or take it over: sudo chown -R "$(id -un)" ${folder}`;
    return new Trouble(`This user may not write to ${folder} (it was made by another one?).`, [other, takeOver], error);
  }
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error));
  return new Trouble(`${folder} cannot hold a cluster: ${reason}.`, [other], error);
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no folder can be made there',
  ENOTDIR: 'a file is in its place',
  EEXIST: 'a file is in its place',
  EROFS: 'nothing can be written there',
  ENOSPC: 'the disk is full',
  ENAMETOOLONG: 'its name is too long',
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
