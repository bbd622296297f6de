import type { UseCase } from './use-case.ts';

export const putUser: UseCase<'user.put'> = async ({ users, fanout }, { space }, { userId, ...fields }) => {
  const { name, email, role, active } = await users.put(space, userId, fields);
  if (!active) fanout.endSessions(space, userId, 'token_revoked');
  return { userId, role, active, ...(name !== undefined && { name }), ...(email !== undefined && { email }) };
};
