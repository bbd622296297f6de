export type Backoff = { baseMs: number; maxMs: number };

/**
 * Full jitter: anywhere between nothing and the bound, which doubles with every failure. Clients that lost the same
 * node at the same instant come back spread over the whole range. What the server asks for is added, never shortened.
 */
export function backoffMs(attempt: number, { baseMs, maxMs }: Backoff, retryAfterMs = 0): number {
  const boundMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return retryAfterMs + Math.random() * boundMs;
}
