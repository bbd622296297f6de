import type { ErrorCode } from './errors.ts';

type Closing = {
  /** Whether a client comes back by itself: `reconnect` with backoff, `refresh` with a new token, `stop` not at all. */
  next: 'reconnect' | 'refresh' | 'stop';
  meaning: string;
};

/** Why a server ends a session. `session.closing` carries the name before the connection goes. */
export const closings = {
  draining: { next: 'reconnect', meaning: 'The node leaves the cluster; another one takes you.' },
  rebalanced: { next: 'reconnect', meaning: 'Another node has more room; it takes you.' },
  slow_client: {
    next: 'reconnect',
    meaning: 'You stopped reading; come back and `sync`. (The connection is cut: the name is in our logs only.)',
  },
  flooding: { next: 'reconnect', meaning: 'You sent far more frames than any budget allows.' },
  token_expired: { next: 'refresh', meaning: 'The token ended and no `auth.refresh` came.' },
  token_revoked: { next: 'stop', meaning: 'The user was revoked or deactivated.' },
  banned: { next: 'stop', meaning: 'An admin banned the user.' },
  shutdown: { next: 'reconnect', meaning: 'The node stops at once.' },
} as const satisfies Record<string, Closing>;

export type ClosingCode = keyof typeof closings;

/**
 * Refusals of a handshake, in the order in which they are checked. The load `balancer` answers as over HTTP. An
 * `address` is answered 429 with `Retry-After`, and by the `node` itself 503 with it; the body has `retryAfterMs`. At the `request` Engine.IO says the code: a 403 with it as `message` to polling, a 400 with it as text to a WebSocket; a plain Socket.IO client comes back by itself; as a `connect_error` the code is in its `data.code`,
 * and a plain client stops.
 */
export const handshakeRefusals = [
  { code: 'not_found', by: 'balancer', check: 'The port or host belongs to a space.' },
  { code: 'rate_limited', by: 'address', check: 'The address has not opened too many connections (§11).' },
  { code: 'origin_refused', by: 'request', check: "The page's origin, if there is one, is on the space's list." },
  { code: 'draining', by: 'request', check: 'The node is not about to leave.' },
  { code: 'unavailable', by: 'request', check: 'The node reaches the store.' },
  { code: 'overloaded', by: 'node', check: 'The node admits more sessions at this moment.' },
  { code: 'unauthenticated', by: 'connect_error', check: 'There is a token, and the space trusts it.' },
  { code: 'token_expired', by: 'connect_error', check: 'The token has not ended.' },
  { code: 'token_revoked', by: 'connect_error', check: 'Its user is active, and was not revoked after it was issued.' },
  { code: 'banned', by: 'connect_error', check: 'No admin banned the user.' },
] as const satisfies readonly {
  code: ErrorCode;
  by: 'balancer' | 'address' | 'node' | 'request' | 'connect_error';
  check: string;
}[];
