import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endStranger } from './processes/child.ts';
import { type Identity, isAlive } from './processes/identity.ts';
import type { Progress } from './progress.ts';

export type ProcessKind = 'socket' | 'api' | 'haproxy' | 'redis' | 'postgres';

/** One process of a cluster; nodes have a port of their own for operators. */
export type RunningProcess = {
  name: string;
  kind: ProcessKind;
  identity: Identity;
  port: number;
  privatePort?: number;
};

/** What `.parley/state.json` tells the other commands, and the next start, of a running cluster. */
export type ClusterState = {
  starter: Identity;
  startedAt: string;
  /** By space. */
  urls: Record<string, string>;
  statsUrl: string;
  adminSocket: string;
  controlSocket: string;
  databaseUrl: string;
  redisUrl: string;
  /** Where presence is, when it is not at `redisUrl`. */
  presenceRedisUrl?: string | undefined;
  spacesPath: string;
  processes: RunningProcess[];
};

/** How each kind is ended, in this order: who uses a part goes before it. */
const endings: readonly { kinds: readonly ProcessKind[]; signal: NodeJS.Signals; budgetMs: number }[] = [
  { kinds: ['socket', 'api'], signal: 'SIGTERM', budgetMs: 2_000 },
  { kinds: ['haproxy', 'redis'], signal: 'SIGTERM', budgetMs: 1_000 },
  { kinds: ['postgres'], signal: 'SIGINT', budgetMs: 3_000 },
];

const fileIn = (dir: string): string => join(dir, 'state.json');

/** Replaced in one step; readable by its owner only, because URLs may carry passwords. */
export function writeState(dir: string, state: ClusterState): void {
  const draft = `${fileIn(dir)}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, fileIn(dir));
}

export function forgetState(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}

/** The cluster that was last started from `dir`; `undefined` when it ended properly. */
export function readState(dir: string): ClusterState | undefined {
  try {
    return JSON.parse(readFileSync(fileIn(dir), 'utf8')) as ClusterState;
  } catch {
    // None, or cut off by a full disk: there is nothing to tell either way.
    return undefined;
  }
}

/** Whether the starter of this cluster still lives. */
export const isRunning = (state: ClusterState): boolean => isAlive(state.starter);

/** Ends what a killed starter left behind. The caller holds the lock. */
export async function endLeftovers(dir: string, progress: Progress): Promise<void> {
  const state = readState(dir);
  const left = state?.processes.filter(({ identity }) => isAlive(identity)) ?? [];
  if (left.length > 0) progress(`ending what an earlier start left behind: ${left.map(({ name }) => name).join(', ')}`);
  for (const { kinds, signal, budgetMs } of endings) {
    const group = left.filter(({ kind }) => kinds.includes(kind));
    await Promise.all(group.map(({ identity }) => endStranger(identity, signal, budgetMs)));
  }
  forgetState(dir);
}
