import { mintToken } from '@parley/node-kit';
import { parseCommand, type Role } from '@parley/protocol';
import { Trouble } from '../trouble.ts';
import { refused } from './refused.ts';
import { print } from './terminal.ts';
import { spaceOf, whichCluster } from './which-cluster.ts';

export type TokenOptions = { dir: string; role: Role; name?: string; hours: number };

/** Prints a token and nothing else, so that `$(parley token …)` works. */
export function token(space: string, userId: string, { dir, role, name, hours }: TokenOptions): void {
  print(sign(dir, space, { userId, role, ...(name !== undefined && { name }), expiresInMs: hours * 3_600_000 }));
}

/** @throws Trouble for a space that is not there, or whose tokens only its product can sign, and for a person that no node would take */
export function sign(dir: string, spaceName: string, person: Parameters<typeof mintToken>[1]): string {
  const space = spaceOf(whichCluster(dir), spaceName);
  if (space.tokens.key.from !== 'secret') {
    throw new Trouble(`Space "${spaceName}" trusts the keys of its product, which alone can sign tokens.`, [
      'Ask the product for a token.',
    ]);
  }
  const { userId, role, name } = person;
  const parsed = parseCommand('user.put', { userId, role, ...(name !== undefined && { name }) });
  if (!parsed.ok) throw refused(parsed.error);
  return mintToken(space, person);
}
