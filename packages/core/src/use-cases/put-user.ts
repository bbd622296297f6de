import type { UseCase } from './use-case.ts';

export const putUser: UseCase<'user.put'> = async ({ users, fanout }, { space }, { userId, ...fields }) => {
  const person = await users.put(space, userId, fields);
  if (!person.active) fanout.endSessions(space, userId, 'token_revoked');
  return person;
};
