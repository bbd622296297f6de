import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseName, caseNames } from './cases.ts';
import type { Readings } from './goals.ts';
import type { Limits } from './limits/values.ts';

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

export type Results = Partial<Record<CaseName, Result>> & { limits?: Limits };

export const resultsDir = new URL('../results/', import.meta.url).pathname;
type FileName = CaseName | 'limits';
const fileNames: readonly FileName[] = [...caseNames, 'limits'];
const pathOf = (dir: string, name: FileName) => join(dir, `bench-${name}.json`);

export function writeResult(dir: string, result: Result): void {
  write(dir, result.case, result);
}

export function writeLimits(dir: string, limits: Limits): void {
  write(dir, 'limits', limits);
}

function write(dir: string, name: FileName, value: unknown): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(pathOf(dir, name), `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Every case that was ever measured into this folder, each as it was the last time. */
export function readResults(dir: string): Results {
  const kept = fileNames.filter((name) => existsSync(pathOf(dir, name)));
  return Object.fromEntries(kept.map((name) => [name, JSON.parse(readFileSync(pathOf(dir, name), 'utf8'))])) as Results;
}
