import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Identity, identityOf, isAlive } from './processes/identity.ts';

/**
 * Which ports were found free by which process of this user. Between finding a port and listening on it lie seconds
 * (a database is prepared), and test runs beside each other would find the same one.
 */
const folder = join(tmpdir(), `parley-ports-${process.getuid?.() ?? 'user'}`);
const mine: string[] = [];
process.on('exit', () => {
  for (const claim of mine) rmSync(claim, { force: true });
});

/** Takes the port until this process ends. @returns whether no other living process has it */
export function claim(port: number): boolean {
  const path = join(folder, String(port));
  const holder = read(path);
  if (holder && isAlive(holder)) return false;
  if (holder) rmSync(path, { force: true });
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, JSON.stringify(identityOf(process.pid)), { flag: 'wx' });
    mine.push(path);
    return true;
  } catch (error) {
    // Another one was faster. Where nothing can be written there is no claim, and a small risk, but still a port.
    return !(error instanceof Error && 'code' in error && error.code === 'EEXIST');
  }
}

function read(path: string): Identity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Identity;
  } catch {
    // None, or one that is just being written: then taking it fails.
    return undefined;
  }
}
