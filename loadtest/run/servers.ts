import { setInterval as every } from 'node:timers/promises';
import { type Identity, isAlive, readScrape, type RunningProcess, type Scrape } from '@parley/cluster';
import { cpuOf, type CpuMs } from '../bench/cpu.ts';
import type { Target } from './target.ts';

/** What the servers said of themselves at one moment. Counters are as they stand: a chart takes differences. */
export type Sample = {
  atMs: number;
  /** Since the start of each process; `undefined` where there is no `/proc`. */
  cpu: CpuMs | undefined;
  /** By node id. A node that lives and does not answer says what it said last; a dead one is left out. */
  nodes: Readonly<Record<string, NodeSample>>;
};
export type NodeSample = Readonly<Record<Reading, number>>;

/** What is read of each node, by the metrics that it is the sum of. */
const readings = {
  connections: 'parley_connections',
  memoryBytes: 'process_resident_memory_bytes',
  lagSeconds: 'parley_event_loop_lag_p99_seconds',
  deliveries: 'parley_fanout_deliveries_total',
  writes: 'parley_fanout_writes_total',
  publishes: 'parley_fanout_publishes_total',
  repaired: 'parley_fanout_repaired_total',
  slow: 'parley_fanout_slow_clients_total',
  bufferBytes: 'parley_fanout_write_buffer_max_bytes',
  refusedHandshakes: 'parley_handshakes_refused_total',
  rows: 'parley_store_batch_rows_sum',
  commits: 'parley_store_batch_rows_count',
  queuedRows: 'parley_store_queued_rows',
} as const;
export type Reading = keyof typeof readings;

export const sumOf = ({ nodes }: Sample, reading: Reading): number =>
  Object.values(nodes).reduce((sum, node) => sum + node[reading], 0);

/** What a counter of all nodes gained from one sample to a later one. A node that began anew counts from 0 again. */
export function gainOf(before: Sample, after: Sample, reading: Reading): number {
  return Object.entries(after.nodes).reduce((sum, [name, node]) => {
    const was = before.nodes[name]?.[reading] ?? 0;
    return sum + (node[reading] < was ? node[reading] : node[reading] - was);
  }, 0);
}

/** CPU in ms that each part used between two samples; the last moments of a process that died are nobody's. */
export function cpuGainOf(before: Sample, after: Sample, part: keyof CpuMs): number {
  return Math.max(0, (after.cpu?.[part] ?? 0) - (before.cpu?.[part] ?? 0));
}

/** Over a whole run, sample by sample. */
export function overAll(samples: readonly Sample[], gain: (before: Sample, after: Sample) => number): number {
  return samples.slice(1).reduce((sum, sample, i) => sum + gain(samples[i] ?? sample, sample), 0);
}

export const cpuParts = ['node', 'postgres', 'redis', 'haproxy'] as const satisfies (keyof CpuMs)[];

const everyMs = 1_000;
const answerMs = 900;

/** Looks at the servers once a second until `signal`; nothing for a cluster elsewhere. */
export async function watchServers(
  target: Target,
  signal: AbortSignal,
  told: (sample: Sample) => void,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const sampleOf = createSampler();
  const look = async (): Promise<void> => {
    const sample = await sampleOf(target.state()?.processes);
    if (!sample) return;
    samples.push(sample);
    told(sample);
  };
  try {
    await look();
    for await (const _ of every(everyMs, undefined, { signal })) await look();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  await look();
  return samples;
}

/**
 * Looks at all nodes, and remembers what each said. Were a busy one left out, its counters would seem to begin anew with
 * its next answer, and all that it had ever counted would be taken for the gain of a second.
 */
export function createSampler(): (processes: readonly RunningProcess[] | undefined) => Promise<Sample | undefined> {
  const said = new Map<string, { by: Identity; node: NodeSample }>();

  return async (processes) => {
    if (!processes) return undefined;
    const nodes = await Promise.all(
      processes.flatMap(({ name, identity, privatePort }) =>
        privatePort === undefined ? [] : [look(name, identity, privatePort)],
      ),
    );
    return { atMs: Date.now(), cpu: cpuNow(processes), nodes: Object.fromEntries(nodes.flat()) };
  };

  async function look(name: string, by: Identity, port: number): Promise<[string, NodeSample][]> {
    const found = await scrape(port);
    if (found) said.set(name, { by, node: readingsOf(found) });
    const last = said.get(name);
    const isSame = last?.by.pid === by.pid && last.by.born === by.born;
    return last && isSame && isAlive(by) ? [[name, last.node]] : [];
  }
}

function readingsOf(found: Scrape): NodeSample {
  const entries = Object.entries(readings).map(([reading, metric]) => [reading, found.sum(metric) ?? 0]);
  return Object.fromEntries(entries) as NodeSample;
}

async function scrape(port: number): Promise<Scrape | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(answerMs) });
    return answer.ok ? readScrape(await answer.text()) : undefined;
  } catch {
    // Dead, or too busy to answer.
    return undefined;
  }
}

function cpuNow(processes: readonly RunningProcess[]): CpuMs | undefined {
  if (process.platform !== 'linux') return undefined;
  const pids = (...kinds: RunningProcess['kind'][]): number[] =>
    processes.filter(({ kind }) => kinds.includes(kind)).map(({ identity }) => identity.pid);
  return cpuOf({
    node: pids('socket', 'api'),
    postgres: pids('postgres'),
    redis: pids('redis'),
    haproxy: pids('haproxy'),
  });
}
