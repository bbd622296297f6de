import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from './connection.ts';

/** Clients are asked to go within the first part of the window; the rest is for those that go slowly. */
const migrateShare = 0.6;
/** Stragglers are closed in steps, so that they do not all come back in the same instant. */
const closeShare = 0.3;
const pollMs = 25;

/**
 * Empties a node: every client is told to connect elsewhere, spread over the window; who is still there near its end
 * is closed so that it may come back (never by `disconnect(true)`, which stops a client for good). Commands in flight
 * are finished first. The caller has refused new sessions already.
 */
export async function drain(connections: ReadonlySet<Connection>, windowMs: number): Promise<void> {
  const startedAt = performance.now();
  const leftMs = (share: number) => windowMs * share - (performance.now() - startedAt);

  for (const { say } of connections) {
    say('server.migrate', { afterMs: Math.round(Math.random() * windowMs * migrateShare) });
  }
  while (connections.size > 0 && leftMs(migrateShare) > 0) await sleep(pollMs);

  const stragglers = [...connections];
  const pauseMs = (windowMs * closeShare) / Math.max(1, stragglers.length);
  for (const [i, connection] of stragglers.entries()) {
    await idle(connection, windowMs);
    connection.end('draining');
    const aheadMs = (i + 1) * pauseMs - (performance.now() - startedAt - windowMs * migrateShare);
    if (aheadMs > 1) await sleep(aheadMs);
  }
  while (connections.size > 0 && leftMs(1) > 0) await sleep(pollMs);
}

/** Waits for the answers of one connection, at most as long as the whole window. */
async function idle(connection: Connection, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (connection.inFlight > 0 && performance.now() < until) await sleep(pollMs);
}
