import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder, unusable } from './folder.ts';
import { type Identity, identityOf, isAlive } from './processes/identity.ts';
import { Trouble } from './trouble.ts';
import { inFolder, parley, start } from './typed.ts';

const TRIES = 5;

/**
 * Makes this process the only one that runs a cluster from `dir`.
 * The file appears with its content in one step (a link), so nobody can read half of it. The lock of a process that
 * has gone is taken over; of two that try that at once, one gives back what it took.
 * @returns how to let go
 * @throws Trouble that names the process that holds it
 */
export function lock(dir: string): () => void {
  const path = join(dir, 'lock');
  const draft = `${path}.${process.pid}`;
  writeDraft(dir, draft);
  try {
    for (let tried = 0; tried < TRIES; tried++) {
      if (appears(draft, path)) return () => rmSync(path, { force: true });
      const holder = read(path);
      if (holder && isAlive(holder)) throw heldBy(holder, dir);
      removeStale(path, `${draft}.stale`);
    }
    throw new Trouble(`Many starts at once compete for ${path}.`, ['Try again.']);
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDraft(dir: string, draft: string): void {
  makeFolder(dir);
  try {
    writeFileSync(draft, JSON.stringify(identityOf(process.pid) ?? { pid: process.pid, born: '' }));
  } catch (error) {
    throw unusable(dir, error);
  }
}

function heldBy({ pid }: Identity, dir: string): Trouble {
  return new Trouble(`A cluster runs from ${dir} already (pid ${pid}).`, [
    `See it: ${parley('status', ...inFolder(dir))}`,
    `End it: kill ${pid}`,
    `Start a second one beside it: ${start('--dir', '.parley-2', '--port-offset', '100')}`,
  ]);
}

function removeStale(path: string, aside: string): void {
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  const taken = read(aside);
  // Between our look and our rename another start may have replaced the stale lock by its own.
  if (taken && isAlive(taken)) appears(aside, path);
  rmSync(aside, { force: true });
}

function appears(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function read(path: string): Identity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Identity;
  } catch {
    // Gone in the meantime, or written by a disk that was full: nobody's.
    return undefined;
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
