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
