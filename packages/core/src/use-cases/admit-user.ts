import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import type { Claims } from '../ports/users.ts';
import { mayEnter } from '../rules/standing.ts';

/** Lets the user of a verified token in, and makes them exist. @throws Failure `token_revoked`, `unavailable` */
export async function admitUser(
  { users }: Pick<Parts, 'users'>,
  claims: Claims,
  issuedAt: Date | undefined,
): Promise<Caller> {
  const standing = await users.admit(claims);
  if (!mayEnter(standing, issuedAt)) throw new Failure('token_revoked');
  return { space: claims.space, userId: claims.userId, role: claims.role };
}
