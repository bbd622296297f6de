import { beginAnew } from '../restored.ts';
import { print } from './terminal.ts';
import { notRunning, whichCluster } from './which-cluster.ts';

export type RestoredOptions = { dir: string; whileServing?: boolean };

/** What comes after a restore and before the first node: clients must not go on from numbers that were taken back. */
export async function restored({ dir, whileServing = false }: RestoredOptions): Promise<void> {
  const which = whichCluster(dir);
  if (which.databaseUrl === undefined) throw notRunning(which, 'or name its database: DATABASE_URL=postgres://…');
  print(
    `${await beginAnew(which.databaseUrl, whileServing)} is the epoch now: every client forgets what it holds, and reads anew.`,
  );
}
