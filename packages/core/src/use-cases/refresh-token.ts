import { Failure } from '../failure.ts';
import type { UseCase } from './use-case.ts';

export const refreshToken: UseCase<'auth.refresh'> = async (_parts, { session }, { token }) => {
  if (!session)
    throw new Failure('invalid', 'There is no session to refresh: over HTTP every request brings its token.');
  const expiresAt = await session.refresh(token);
  return expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() };
};
