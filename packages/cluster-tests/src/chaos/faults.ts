import { sessionOn } from '@parley/testkit';
import { setTimeout as pause } from 'node:timers/promises';
import type { SharedClusterView } from '../setup/cluster.ts';

/** One thing that goes wrong, lasts and ends. What it did is whole again when it resolves. */
export type Fault = { readonly name: string; inflict(cluster: SharedClusterView, holdMs: number): Promise<void> };

const sockets = ['s1', 's2', 's3'] as const;

/** Every fault of the storm. A name says what an SRE would have seen. */
export const faults: readonly Fault[] = [
  ...sockets.flatMap((id): Fault[] => [
    { name: `${id} killed`, inflict: (cluster) => killed(cluster, id) },
    { name: `${id} frozen`, inflict: (cluster, holdMs) => frozen(cluster, id, holdMs) },
    { name: `${id} drained and started again`, inflict: (cluster) => drained(cluster, id) },
  ]),
  { name: 'an API node killed', inflict: (cluster) => killed(cluster, 'a1') },
  { name: 'Redis killed, and started again empty', inflict: (cluster) => killed(cluster, 'redis') },
  { name: 'Redis frozen', inflict: (cluster, holdMs) => frozen(cluster, 'redis', holdMs) },
  { name: 'PostgreSQL killed', inflict: (cluster) => killed(cluster, 'postgres') },
  { name: 'every session of PostgreSQL terminated', inflict: (cluster) => terminateSessions(cluster) },
  { name: 'every conversation held by somebody else', inflict: (cluster, holdMs) => holdRows(cluster, holdMs) },
];

/** What happens in which order, as a pure function of its seed: each fault once per turn, shuffled. */
export function plan(seed: number, count: number): Fault[] {
  const random = mulberry32(seed);
  const planned: Fault[] = [];
  while (planned.length < count) {
    planned.push(
      ...faults
        .map((fault) => ({ fault, at: random() }))
        .sort((a, b) => a.at - b.at)
        .map(({ fault }) => fault),
    );
  }
  return planned.slice(0, count);
}

async function killed(cluster: SharedClusterView, id: string): Promise<void> {
  await cluster.kill(id, 'SIGKILL');
  await cluster.restart(id);
}

async function frozen(cluster: SharedClusterView, id: string, holdMs: number): Promise<void> {
  await cluster.kill(id, 'SIGSTOP');
  await pause(holdMs);
  await cluster.kill(id, 'SIGCONT');
}

async function drained(cluster: SharedClusterView, id: string): Promise<void> {
  await cluster.kill(id, 'SIGTERM');
  await cluster.restart(id);
}

async function terminateSessions(cluster: SharedClusterView): Promise<void> {
  await asked(
    cluster,
    'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()',
  );
}

async function holdRows(cluster: SharedClusterView, holdMs: number): Promise<void> {
  const seconds = holdMs / 1_000;
  await asked(
    cluster,
    `begin; select no from conversations order by no for update; select pg_sleep(${seconds}); commit`,
  );
}

async function asked(cluster: SharedClusterView, sql: string): Promise<void> {
  const client = await sessionOn(cluster.databaseUrl);
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A small generator with a seed: the same storm can be had again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
