import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import type { UseCase } from './use-case.ts';
import { allowedTo, asSeenBy, visibleAmong } from './visible-people.ts';

export const findUser: UseCase<'user.get'> = async (parts, caller, { userId }) => {
  const person = await parts.users.find(caller.space, userId);
  const [visible] = person ? await visibleAmong(parts, caller, [person]) : [];
  // The same answer for who is hidden and who does not exist: asking must not tell which.
  if (!visible) throw new Failure('not_found');
  return visible;
};

export const listUsers: UseCase<'user.list'> = async ({ users, lookup }, caller, input) => {
  const { offset = 0, limit = limits.pageDefault, ...filter } = input;
  const allowed = allowedTo(caller, lookup(caller.space));
  const seenBy = allowed !== 'everybody' && { seenBy: { userId: caller.userId, withAgents: allowed === 'agents' } };
  const page = await users.list(caller.space, { ...filter, ...seenBy, offset, limit });
  return { ...page, users: page.users.map((person) => asSeenBy(caller, person)) };
};
