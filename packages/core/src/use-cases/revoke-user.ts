import { checkIsUser } from '../rules/reserved.ts';
import type { UseCase } from './use-case.ts';

export const revokeUser: UseCase<'user.revoke'> = async ({ users, fanout }, { space, userId: byId }, { userId }) => {
  checkIsUser('/userId', userId);
  const revokedAt = await users.revoke(space, userId, byId);
  fanout.endSessions(space, userId, 'token_revoked');
  return { revokedAt: revokedAt.toISOString() };
};
