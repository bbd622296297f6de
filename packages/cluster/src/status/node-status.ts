import type { Lease } from '@parley/presence-redis';
import type { NodeKind } from '../node-process.ts';
import type { Slot } from '../parts/haproxy-admin.ts';
import { type Identity, isAlive } from '../processes/identity.ts';
import { readScrape, type Scrape } from './scrape.ts';

/** One node, by its own words and by HAProxy's. Absent numbers are not known, which is not zero. */
export type NodeStatus = {
  slot: string;
  kind: NodeKind;
  address: string;
  /** Where /readyz, /metrics and the other words for operators are. */
  privateAddress: string;
  /** What /readyz says; `gone` when nobody listens there, `silent` when somebody may and does not answer. */
  readiness: 'ready' | 'draining' | 'broken' | 'silent' | 'gone';
  /** Of a silent node whose process is known to live. */
  pid?: number;
  /** HAProxy's word for it. */
  balancer: string;
  connections?: number;
  rooms?: number;
  leaseAgeMs?: number;
  /** Whether every shard of presence answers it; each process has to say so. */
  presenceUp?: boolean;
  uptimeS?: number;
  memoryBytes?: number;
  /** Share of the time in which the event loop was busy. */
  busy?: number;
};

export const ASK_MS = 2_000;
const readiness: Readonly<Record<number, NodeStatus['readiness']>> = { 200: 'ready', 404: 'draining', 503: 'broken' };

/** @param identity of its process, where that is known */
export async function nodeStatus(slot: Slot, leases: readonly Lease[], identity?: Identity): Promise<NodeStatus> {
  const privateAddress = `${slot.address}:${slot.privatePort}`;
  const base = `http://${privateAddress}`;
  const [ready, metrics] = await Promise.all([ask(`${base}/readyz`), ask(`${base}/metrics`)]);
  const kind = slot.backend === 'sockets' ? 'socket' : 'api';
  const scrape = typeof metrics === 'object' && metrics.status === 200 ? readScrape(metrics.text) : undefined;
  // A node is named after its slot; of several lives in one slot, the one that renewed last is the present one.
  const ages = leases.filter(({ nodeId }) => nodeId.startsWith(`${slot.slot}-`)).map((lease) => lease.renewedAgoMs);
  return {
    slot: slot.slot,
    kind,
    address: `${slot.address}:${slot.port}`,
    privateAddress,
    ...(typeof ready === 'object' ? { readiness: readiness[ready.status] ?? 'broken' } : unanswered(ready, identity)),
    balancer: slot.status,
    ...(scrape && kind === 'socket' && known('connections', scrape.sum('parley_connections') ?? 0)),
    ...(scrape && numbers(scrape)),
    ...(ages.length > 0 && { leaseAgeMs: Math.min(...ages) }),
  };
}

/** A process that is frozen listens on: its port refuses nobody, and nobody is answered. */
function unanswered(how: 'refused' | 'silence', identity?: Identity): Pick<NodeStatus, 'readiness' | 'pid'> {
  if (identity && isAlive(identity)) return { readiness: 'silent', pid: identity.pid };
  return { readiness: how === 'refused' ? 'gone' : 'silent' };
}

function numbers(scrape: Scrape): Partial<NodeStatus> {
  // A node of several workers has several of each: it is as old as its oldest process, and as busy as its busiest.
  const presence = leastOf(scrape.values('parley_presence_redis_up'));
  const startedAt = leastOf(scrape.values('process_start_time_seconds'));
  return {
    ...(presence !== undefined && { presenceUp: presence === 1 }),
    ...known('rooms', scrape.sum('parley_rooms')),
    ...known('memoryBytes', scrape.sum('process_resident_memory_bytes')),
    ...known('busy', mostOf(scrape.values('parley_event_loop_utilization_ratio'))),
    ...known('uptimeS', startedAt === undefined ? undefined : Math.round(Date.now() / 1000 - startedAt)),
  };
}

const leastOf = (values: readonly number[]): number | undefined => values.toSorted((a, b) => a - b)[0];
const mostOf = (values: readonly number[]): number | undefined => values.toSorted((a, b) => b - a)[0];

function known(name: keyof NodeStatus, value: number | undefined): Partial<NodeStatus> {
  return value === undefined ? {} : { [name]: value };
}

type Answer = { status: number; text: string };

async function ask(url: string): Promise<Answer | 'refused' | 'silence'> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED' ? 'refused' : 'silence';
  }
}
