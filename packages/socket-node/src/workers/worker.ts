import { setupWorker } from '@socket.io/sticky';
import type { Server } from 'socket.io';

/** What a worker tells its primary once it takes connections. */
export type Serves = { type: 'parley:serves'; privatePort: number };

export const isServes = (message: unknown): message is Serves =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'parley:serves';

/** Takes connections from the primary, which listens in the place of its workers. */
export function takeFromPrimary(io: Server, privatePort: number): Promise<void> {
  setupWorker(io);
  const serves: Serves = { type: 'parley:serves', privatePort };
  return new Promise((resolve, reject) => {
    process.send?.(serves, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}
