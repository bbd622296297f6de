import type { Client } from '@parley/client';
import type { PlainClient } from './plain-client.ts';

/** When sessions began, on `performance.now()`: every time that a client of these came to a node. */
export function watchArrivals(clients: readonly (Client | PlainClient)[]): number[] {
  const arrivals: number[] = [];
  const note = () => void arrivals.push(performance.now());
  for (const client of clients) {
    if ('socket' in client) client.on('session.ready', note);
    else client.on('state', ({ name }) => name === 'online' && note());
  }
  return arrivals;
}

/** The most that came within any one second. */
export function perSecondMax(arrivals: readonly number[]): number {
  const sorted = arrivals.toSorted((a, b) => a - b);
  let from = 0;
  return sorted.reduce((most, at, i) => {
    while (at - (sorted[from] ?? at) >= 1_000) from += 1;
    return Math.max(most, i - from + 1);
  }, 0);
}
