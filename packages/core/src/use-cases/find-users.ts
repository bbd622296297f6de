import { limits, type Person } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Lookup, Parts } from '../parts.ts';
import type { UseCase } from './use-case.ts';

export const findUser: UseCase<'user.get'> = async (parts, caller, { userId }) => {
  const person = await parts.users.find(caller.space, userId);
  // The same answer for who is hidden and who does not exist: asking must not tell which.
  if (!person || !(await maySee(parts, caller, person))) throw new Failure('not_found');
  return asSeenBy(caller, person);
};

export const listUsers: UseCase<'user.list'> = async ({ users, lookup }, caller, input) => {
  const { offset = 0, limit = limits.pageDefault, ...filter } = input;
  const allowed = allowedTo(caller, lookup(caller.space));
  const seenBy = allowed !== 'everybody' && { seenBy: { userId: caller.userId, withAgents: allowed === 'agents' } };
  const page = await users.list(caller.space, { ...filter, ...seenBy, offset, limit });
  return { ...page, users: page.users.map((person) => asSeenBy(caller, person)) };
};

async function maySee({ conversations, lookup }: Parts, caller: Caller, { userId, role }: Person): Promise<boolean> {
  const allowed = allowedTo(caller, lookup(caller.space));
  if (allowed === 'everybody' || userId === caller.userId) return true;
  if (allowed === 'agents' && role === 'agent') return true;
  return (await conversations.acquaintances(caller.space, caller.userId, [userId])).length > 0;
}

const isStaff = ({ role }: Caller) => role !== 'user';
const allowedTo = (caller: Caller, lookup: Lookup): Lookup => (isStaff(caller) ? 'everybody' : lookup);

/** An address is for oneself and for those who look after the space. */
function asSeenBy(caller: Caller, person: Person): Person {
  if (isStaff(caller) || person.userId === caller.userId) return person;
  const { email: _, ...rest } = person;
  return rest;
}
