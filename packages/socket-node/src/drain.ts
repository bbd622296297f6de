import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.ts';
import { depart } from './departures.ts';

/** What a client needs to connect elsewhere, hear of its conversations and take its last answer with it. */
const graceMsMax = 5_000;
/** In a short window: this much of it is for the last client that is told. */
const graceShare = 0.4;
const pollMs = 25;

/**
 * Empties a node within the window: every client has its turn, evenly spread, early enough for the last one to be gone
 * at the end. The caller has refused new sessions already.
 */
export async function drain(connections: ReadonlySet<Connection>, windowMs: number): Promise<void> {
  const until = performance.now() + windowMs;
  const graceMs = Math.min(graceMsMax, windowMs * graceShare);
  const pauseMs = (windowMs - graceMs) / Math.max(1, connections.size);
  // The set itself, and no copy: who was in the handshake just now has the last turn.
  await depart(connections, { pauseMs, graceMs, code: 'draining' });
  while (connections.size > 0 && performance.now() < until) await sleep(pollMs);
}
