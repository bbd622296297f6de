import { setTimeout as after } from 'node:timers/promises';
import { PACE } from './pace.ts';
import type { Balancer, Slot } from './parts/haproxy-admin.ts';
import type { Progress } from './progress.ts';
import { readScrape } from './status/scrape.ts';
import { Trouble } from './trouble.ts';
import { parley } from './typed.ts';

/** How far from the mean a node may be, and is left alone. */
const TOLERANCE = 0.1;
/** A second round moves what came and went meanwhile; a third one, what the second could not foresee. */
const ROUNDS = 3;
/** After the last turn: a client that does not understand `server.migrate` is closed five seconds later, and comes back. */
const LAST_CLIENT_MS = 12_000;
const LOOK_MS = 1_000;

type Load = { slot: string; base: string; connections: number };

/**
 * Lets nodes above the mean give clients away, the longest silent first, at most `perSecond` over all of them; the load
 * balancer takes each to the node with the fewest. @throws Trouble when a node does not answer, or it does not even out
 */
export async function rebalance(admin: Balancer, perSecond: number, say: Progress): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const loads = await loadsOf(admin);
    const moves = movesTo(loads);
    if (moves.length === 0) return say(`even: ${inWords(loads)}`);
    const moved = moves.reduce((sum, { count }) => sum + count, 0);
    say(`${moved} clients move, at most ${perSecond} a second: ${inWords(loads)}`);
    // Each node keeps a pace of its own; together they keep the budget.
    for (const { load, count } of moves) await shed(load, count, (perSecond * PACE * count) / moved);
    await settled(admin, (moved / (perSecond * PACE)) * 1_000, say);
  }
  const loads = await loadsOf(admin);
  if (movesTo(loads).length === 0) return say(`even: ${inWords(loads)}`);
  throw new Trouble(`Still uneven after ${ROUNDS} rounds: ${inWords(loads)}.`, ['Clients come and go; try again.']);
}

/** Which nodes give how many away; none when every node is within the tolerance. */
export function movesTo(loads: readonly Load[]): { load: Load; count: number }[] {
  if (isEven(loads)) return [];
  const mean = meanOf(loads);
  return loads.map((load) => ({ load, count: Math.floor(load.connections - mean) })).filter(({ count }) => count > 0);
}

/** Within the tolerance, or as near as whole clients can be. */
const isEven = (loads: readonly Load[]): boolean => {
  const mean = meanOf(loads);
  return loads.every(({ connections }) => Math.abs(connections - mean) <= Math.max(1, mean * TOLERANCE));
};

const meanOf = (loads: readonly Load[]): number =>
  loads.reduce((sum, { connections }) => sum + connections, 0) / Math.max(1, loads.length);

const inWords = (loads: readonly Load[]): string =>
  loads.map(({ slot, connections }) => `${slot} ${connections}`).join(', ');

/** Not before the last turn, even or not: turns that are left would go on beside what is ordered next. */
async function settled(admin: Balancer, turnsMs: number, say: Progress): Promise<void> {
  const turnedAt = Date.now() + turnsMs;
  while (Date.now() < turnedAt + LAST_CLIENT_MS) {
    await after(LOOK_MS);
    const loads = await loadsOf(admin);
    if (isEven(loads) && Date.now() >= turnedAt) return;
    say(inWords(loads));
  }
}

/** Of the socket nodes that take clients. */
async function loadsOf(admin: Balancer): Promise<Load[]> {
  const taking = (await admin.slots()).filter(
    ({ backend, status }) => backend === 'sockets' && status.startsWith('UP'),
  );
  return await Promise.all(taking.map(loadOf));
}

async function loadOf({ slot, address, privatePort }: Slot): Promise<Load> {
  const base = `http://${address}:${privatePort}`;
  const page = await ask(slot, `${base}/metrics`, 'GET');
  return { slot, base, connections: readScrape(page).sum('parley_connections') ?? 0 };
}

async function shed({ slot, base }: Load, count: number, perSecond: number): Promise<void> {
  await ask(slot, `${base}/shed?count=${count}&perSecond=${perSecond}`, 'POST');
}

async function ask(slot: string, url: string, method: string): Promise<string> {
  try {
    const response = await fetch(url, { method, signal: AbortSignal.timeout(2_000) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return await response.text();
  } catch (error) {
    throw new Trouble(`Node ${slot} cannot be asked at ${url}: ${String(error)}.`, [parley('status')], error);
  }
}
