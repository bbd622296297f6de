import { openBalancer, type Slot } from '../../parts/haproxy-admin.ts';
import { readScrape } from '../../status/scrape.ts';
import { compareClock, type Now } from './clock.ts';
import type { Clock } from './facts.ts';

export type BalancerFacts = {
  connections: number;
  connectionsMax: number;
  nodes: readonly Slot[];
};

const ASK_MS = 2_000;
/** What the header `Date` leaves out. */
const SECOND_MS = 1_000;

/** @throws Trouble when it does not answer */
export async function balancerFacts(adminSocket: string): Promise<BalancerFacts> {
  const admin = openBalancer(adminSocket);
  const [info, slots] = await Promise.all([admin.info(), admin.slots()]);
  return {
    connections: Number(info.get('CurrConns')),
    connectionsMax: Number(info.get('Maxconn')),
    nodes: slots.filter(({ status }) => !status.startsWith('MAINT')),
  };
}

/** @returns how many processes open connections to the stores; a node that does not say is one */
export async function processesOf(nodes: readonly Slot[]): Promise<number> {
  const counts = await Promise.all(
    nodes.map(async ({ address, privatePort }) => {
      const page = await fetch(`http://${address}:${privatePort}/metrics`, { signal: AbortSignal.timeout(ASK_MS) })
        .then((response) => response.text())
        .catch(() => '');
      return Math.max(1, readScrape(page).values('parley_store_pool_waiting_requests').length);
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The clocks of the nodes that answer; whoever does not is told by `parley status`. */
export async function nodeClocks(nodes: readonly Slot[], now: Now): Promise<Clock[]> {
  const clocks = await Promise.all(
    nodes.map(({ slot, address, privatePort }) =>
      compareClock(
        `node ${slot}`,
        now,
        async () => {
          const { headers } = await fetch(`http://${address}:${privatePort}/livez`, {
            signal: AbortSignal.timeout(ASK_MS),
          });
          return Date.parse(headers.get('date') ?? '');
        },
        SECOND_MS,
      ).catch(() => undefined),
    ),
  );
  return clocks.filter((clock) => clock !== undefined);
}
