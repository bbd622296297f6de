import type { ErrorCode } from '@parley/protocol';
import type { Standing } from '../ports/users.ts';

/**
 * Why a user may not enter; `undefined`: they may. A deactivated or banned user never does; a revoked one only with a
 * token that was issued afterwards, and says so.
 */
export function refusalTo(
  { active, revokedAt, banned }: Standing,
  issuedAt: Date | undefined,
): Extract<ErrorCode, 'token_revoked' | 'banned'> | undefined {
  if (banned) return 'banned';
  if (!active) return 'token_revoked';
  if (revokedAt === undefined || (issuedAt !== undefined && issuedAt > revokedAt)) return undefined;
  return 'token_revoked';
}
