import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CpuProfile, callsOf, drawFlame } from './flame.ts';

/** Draws what the nodes wrote since `sinceMs` into one `flame.svg` beside it. @returns its path, `undefined` where they wrote none */
export function writeFlame(dir: string, sinceMs: number): string | undefined {
  mkdirSync(dir, { recursive: true });
  const paths = readdirSync(dir)
    .filter((name) => name.endsWith('.cpuprofile'))
    .map((name) => join(dir, name))
    .filter((path) => statSync(path).mtimeMs >= sinceMs);
  if (paths.length === 0) return undefined;
  const profiles = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')) as CpuProfile);
  const path = join(dir, 'flame.svg');
  writeFileSync(path, drawFlame(`Where ${paths.length} socket nodes spend their time`, callsOf(profiles)));
  return path;
}
