import type { Standing } from '../ports/users.ts';

/** A deactivated user never enters; a revoked one only with a token that was issued afterwards, and says so. */
export function mayEnter({ active, revokedAt }: Standing, issuedAt: Date | undefined): boolean {
  if (!active) return false;
  return revokedAt === undefined || (issuedAt !== undefined && issuedAt > revokedAt);
}
