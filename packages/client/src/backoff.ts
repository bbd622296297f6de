export type Backoff = { baseMs: number; maxMs: number };

/**
 * Full jitter: anywhere between nothing and the bound, which doubles with every failure. What the server asks for is
 * added, never shortened.
 */
export function backoffMs(attempt: number, backoff: Backoff, retryAfterMs = 0): number {
  return retryAfterMs + Math.random() * boundMs(attempt, backoff);
}

/**
 * After a connection that ended without a word: anywhere in the bound but its first quarter. Clients that lost the same
 * node at the same instant come back spread over the rest, once the load balancer has ended the connections of all of
 * them; it cannot do both without whoever stayed waiting for it.
 */
export function returnMs(attempt: number, backoff: Backoff): number {
  return (0.25 + 0.75 * Math.random()) * boundMs(attempt, backoff);
}

const boundMs = (attempt: number, { baseMs, maxMs }: Backoff): number =>
  Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
