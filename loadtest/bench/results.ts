import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseName, caseNames } from './cases.ts';
import type { Readings } from './goals.ts';

/** One case as its file keeps it. Rounds that others disturbed, and that were played again, are kept apart. */
export type Result = {
  case: CaseName;
  at: string;
  asks: string;
  machine: Record<string, string | number>;
  versions: Record<string, string>;
  postgresSettings: Record<string, string>;
  asked: Record<string, unknown>;
  rounds: Readings[];
  discarded: Readings[];
};

export type Results = Partial<Record<CaseName, Result>>;

export const resultsDir = new URL('../results/', import.meta.url).pathname;
const pathOf = (dir: string, name: CaseName) => join(dir, `bench-${name}.json`);

export function writeResult(dir: string, result: Result): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(pathOf(dir, result.case), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Every case that was ever measured into this folder, each as it was the last time. */
export function readResults(dir: string): Results {
  const kept = caseNames.filter((name) => existsSync(pathOf(dir, name)));
  return Object.fromEntries(kept.map((name) => [name, JSON.parse(readFileSync(pathOf(dir, name), 'utf8')) as Result]));
}
