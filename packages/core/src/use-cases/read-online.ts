import { limits, type Person, staffId } from '@parley/protocol';
import type { UseCase } from './use-case.ts';
import { visibleAmong } from './visible-people.ts';

/** Users online that are looked at in one step, and in one call: whoever may see few of them gets a short page and goes on. */
const stepUsers = 500;
const callUsersMax = 5_000;

export const countOnline: UseCase<'presence.count'> = async ({ presence }, { space }) => {
  const [count, [staff]] = await Promise.all([presence.count(space), presence.read(space, [staffId])]);
  if (count === undefined) return { count: 'unknown' };
  // The member that the staff are together is there beside each of them, and is no user.
  return { count: staff?.status === 'online' ? Math.max(0, count - 1) : count };
};

export const listOnline: UseCase<'presence.online'> = async (parts, caller, { role, after, limit }) => {
  const users: Person[] = [];
  const max = limit ?? limits.pageDefault;
  let last = after;
  for (let looked = 0; looked < callUsersMax; looked += stepUsers) {
    const page = { limit: stepUsers, ...(last !== undefined && { after: last }) };
    const online = await parts.presence.online(caller.space, page);
    if (!online) return { users: 'unknown' };
    const people = await parts.directory.people(
      caller.space,
      online.filter((userId) => userId !== staffId),
    );
    const wanted = people.filter((person) => role === undefined || person.role === role);
    users.push(...(await visibleAmong(parts, caller, wanted)));
    if (users.length > max) {
      const shown = users.slice(0, max);
      return { users: shown, ...goOn(shown.at(-1)?.userId) };
    }
    last = online.at(-1);
    if (online.length < stepUsers) return { users };
  }
  return { users, ...goOn(last) };
};

const goOn = (next: string | undefined) => (next === undefined ? {} : { next });
