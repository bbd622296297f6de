import { checkIsUser } from '../rules/reserved.ts';
import type { UseCase } from './use-case.ts';

export const putUser: UseCase<'user.put'> = async ({ users, fanout }, { space }, { userId, ...fields }) => {
  checkIsUser('/userId', userId);
  const person = await users.put(space, userId, fields);
  if (!person.active) fanout.endSessions(space, userId, 'token_revoked');
  return person;
};
