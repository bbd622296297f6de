import { order } from '../control.ts';
import type { NodeKind } from '../node-process.ts';
import type { Order } from '../operations.ts';
import { openBalancer } from '../parts/haproxy-admin.ts';
import { rebalance as even } from '../rebalance.ts';
import { tellSteps } from './steps.ts';
import { notRunning, whichCluster } from './which-cluster.ts';

type Paced = { dir: string; budget: number };

/** Counts of nodes, as they are typed: `socket=5 api=3`. */
export type Counts = Partial<Record<NodeKind, number>>;

export const scale = (counts: Counts, { dir, budget }: Paced): Promise<void> =>
  ordered(dir, { name: 'scale', counts, perSecond: budget });

export const drain = (id: string, { dir, budget, over }: Paced & { over?: number }): Promise<void> =>
  ordered(dir, { name: 'drain', id, overMs: over, perSecond: budget });

export const roll = ({ dir, budget }: Paced): Promise<void> => ordered(dir, { name: 'roll', perSecond: budget });

export const reload = ({ dir }: Pick<Paced, 'dir'>): Promise<void> => ordered(dir, { name: 'reload' });

/**
 * Evens out any cluster whose load balancer can be reached from here, whoever started it. The one that runs from `dir`
 * does it itself, and nothing else meanwhile: beside a roll the budgets would add up, and clients come to nodes that go.
 */
export async function rebalance({ dir, budget }: Paced): Promise<void> {
  const { state, adminSocket } = whichCluster(dir);
  if (state) return await ordered(dir, { name: 'rebalance', perSecond: budget });
  if (adminSocket === undefined) throw notRunning({ dir }, 'or name its HAProxy: PARLEY_ADMIN_SOCKET=…');
  await telling((say) => even(openBalancer(adminSocket), budget, say));
}

/** Only who started a cluster can start more of it. */
async function ordered(dir: string, wanted: Order): Promise<void> {
  const which = whichCluster(dir);
  if (!which.state) throw notRunning(which, 'elsewhere nodes belong to whoever started them: see infra/operate.md');
  const { controlSocket } = which.state;
  await telling((say) => order(controlSocket, wanted, say));
}

async function telling(job: (say: (line: string) => void) => Promise<void>): Promise<void> {
  const steps = tellSteps({ write: (text) => void process.stdout.write(text), terminal: process.stdout.isTTY });
  try {
    await job(steps.say);
  } finally {
    steps.done();
  }
}
