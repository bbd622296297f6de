import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import type { Claims } from '../ports/users.ts';
import { refusalTo } from '../rules/standing.ts';

/** Lets the user of a verified token in, and makes them exist. @throws Failure `token_revoked`, `banned`, `unavailable` */
export async function admitUser(
  { users }: Pick<Parts, 'users'>,
  claims: Claims,
  issuedAt: Date | undefined,
): Promise<Caller> {
  const standing = await users.admit(claims);
  const refusal = refusalTo(standing, issuedAt);
  if (refusal) throw new Failure(refusal);
  return { space: claims.space, userId: claims.userId, role: claims.role };
}
