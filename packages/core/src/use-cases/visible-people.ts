import type { Person } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import type { Lookup, Parts } from '../parts.ts';
import { isStaff } from '../rules/staff.ts';

/** Those of these people of whom the caller may learn, in the same order and as the caller may see them. */
export async function visibleAmong(
  { conversations, lookup }: Pick<Parts, 'conversations' | 'lookup'>,
  caller: Caller,
  people: readonly Person[],
): Promise<Person[]> {
  const allowed = allowedTo(caller, lookup(caller.space));
  const isPublic = ({ userId, role }: Person) =>
    allowed === 'everybody' || userId === caller.userId || (allowed === 'agents' && role === 'agent');
  const others = people.filter((person) => !isPublic(person)).map(({ userId }) => userId);
  const known = others.length > 0 ? await conversations.acquaintances(caller.space, caller.userId, others) : [];
  const visible = new Set(known);
  return people
    .filter((person) => isPublic(person) || visible.has(person.userId))
    .map((person) => asSeenBy(caller, person));
}

/** Whoever looks after a space sees everybody in it. */
export const allowedTo = (caller: Caller, lookup: Lookup): Lookup => (isStaff(caller.role) ? 'everybody' : lookup);

/** An address is for oneself and for those who look after the space. */
export function asSeenBy(caller: Caller, person: Person): Person {
  if (isStaff(caller.role) || person.userId === caller.userId) return person;
  const { email: _, ...rest } = person;
  return rest;
}
