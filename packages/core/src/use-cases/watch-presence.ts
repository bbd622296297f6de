import type { Presence } from '@parley/protocol';
import type { UseCase } from './use-case.ts';
import { allowedTo } from './visible-people.ts';

export const watchPresence: UseCase<'presence.watch'> = async (parts, caller, { userIds }) => {
  const { space, userId, session } = caller;
  const isOpen = allowedTo(caller, parts.lookup(space)) === 'everybody';
  const known = isOpen ? userIds : await parts.conversations.acquaintances(space, userId, userIds);
  const allowed = userIds.includes(userId) && !known.includes(userId) ? [...known, userId] : known;
  // Watch before reading: what changes in between is told, not missed.
  session?.watch(allowed);
  const presences = await parts.presence.read(space, allowed);
  const offline = presences.filter(({ status }) => status === 'offline').map((presence) => presence.userId);
  const lastSeen = offline.length > 0 ? await parts.users.lastSeen(space, offline) : new Map<string, Date>();
  return { presences: presences.map((presence) => withLastSeen(presence, lastSeen.get(presence.userId))) };
};

export const unwatchPresence: UseCase<'presence.unwatch'> = async (_parts, { session }, { userIds }) => {
  session?.unwatch(userIds);
  return {};
};

function withLastSeen(presence: Presence, at: Date | undefined): Presence {
  return at === undefined ? presence : { ...presence, lastSeen: at.toISOString() };
}
