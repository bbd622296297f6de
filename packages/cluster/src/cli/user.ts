import { parseCommand, type Role } from '@parley/protocol';
import { openStore } from '../store.ts';
import { refused } from './refused.ts';
import { print } from './terminal.ts';
import { notRunning, spaceOf, whichCluster } from './which-cluster.ts';

export type UserOptions = { dir: string; role?: Role; name?: string; email?: string };

/** Makes a user, or changes the fields that are given. Safe to run twice. */
export async function createUser(space: string, userId: string, { dir, ...fields }: UserOptions): Promise<void> {
  const which = whichCluster(dir);
  spaceOf(which, space);
  // The store takes what it is given: whatever a node would refuse is refused here too.
  const parsed = parseCommand('user.put', { userId, ...fields });
  if (!parsed.ok) throw refused(parsed.error);
  if (which.databaseUrl === undefined) throw notRunning(which, 'or name its database: DATABASE_URL=postgres://…');
  await using store = await openStore(which.databaseUrl);
  const { role, name, active } = await store.users.put(space, userId, fields);
  print(
    `${userId} is in space ${space}: role ${role}${name === undefined ? '' : `, name ${name}`}${active ? '' : ', deactivated'}`,
  );
}
