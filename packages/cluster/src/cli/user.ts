import { hashPassword, type Space } from '@parley/node-kit';
import { EmailAddress, limits, parseCommand, parserOf, type Role } from '@parley/protocol';
import { openStore } from '../store.ts';
import { Trouble } from '../trouble.ts';
import { refused } from './refused.ts';
import { print } from './terminal.ts';
import { notRunning, spaceOf, whichCluster } from './which-cluster.ts';

export type UserOptions = { dir: string; role?: Role; name?: string; email?: string };

/** Makes a user, or changes the fields that are given; with `PARLEY_PASSWORD`, the account too. Safe to run twice. */
export async function createUser(space: string, userId: string, { dir, ...fields }: UserOptions): Promise<void> {
  const which = whichCluster(dir);
  const account = accountOf(spaceOf(which, space), fields.email, process.env['PARLEY_PASSWORD']);
  // The store takes what it is given: whatever a node would refuse is refused here too.
  const parsed = parseCommand('user.put', { userId, ...fields });
  if (!parsed.ok) throw refused(parsed.error);
  if (which.databaseUrl === undefined) throw notRunning(which, 'or name its database: DATABASE_URL=postgres://…');
  await using store = await openStore(which.databaseUrl);
  const { role, name, active } = await store.users.put(space, userId, fields);
  if (account) {
    const { email, password } = account;
    await store.accounts.put(space, userId, { email, passwordHash: await hashPassword(password) });
  }
  print(
    `${userId} is in space ${space}: role ${role}${name === undefined ? '' : `, name ${name}`}${active ? '' : ', deactivated'}`,
  );
}

/**
 * The account that is asked for. A password comes by the environment: every user of the machine can read arguments.
 * @throws Trouble where it cannot be given
 */
function accountOf({ name, accounts }: Space, email: string | undefined, password: string | undefined) {
  if (password === undefined || password === '') return undefined;
  if (!accounts) throw new Trouble(`Space "${name}" has no accounts.`, ['Unset PARLEY_PASSWORD.']);
  if (email === undefined || !parseEmail(email).ok)
    throw new Trouble('An account needs an address.', ['Add --email <email>.']);
  if (password.length < limits.passwordCharsMin || password.length > limits.passwordCharsMax) {
    throw new Trouble(
      `PARLEY_PASSWORD must have ${limits.passwordCharsMin} to ${limits.passwordCharsMax} characters.`,
      ['Choose another one.'],
    );
  }
  return { email, password };
}

const parseEmail = parserOf(EmailAddress);
