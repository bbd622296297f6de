/** A half-open client is noticed after at most their sum. HAProxy's tunnel timeout must be longer. */
export const pingIntervalMs = 20_000;
export const pingTimeoutMs = 15_000;
