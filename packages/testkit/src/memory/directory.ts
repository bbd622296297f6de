import type { Directory } from '@parley/core';
import { type About, type Person, stranger } from '@parley/protocol';

type Facts = NonNullable<About['conversation']>;

/** A directory in memory: people by `space/userId`, conversations by number. Nothing is remembered before it is loaded. */
export function createMemoryDirectory(
  people: ReadonlyMap<string, Person> = new Map(),
  conversationOf: (no: number) => Facts | undefined = () => undefined,
) {
  const loaded = new Set<string>();
  const person = (space: string, userId: string) => people.get(`${space}/${userId}`) ?? stranger(userId);
  return {
    recall(space, no, userIds) {
      const conversation = no === undefined ? undefined : conversationOf(no);
      const all = [...userIds, ...(conversation?.peerIds ?? [])];
      return all.every((userId) => loaded.has(userId))
        ? { conversation, person: (userId) => person(space, userId) }
        : undefined;
    },
    kindOf: (_space, no) => conversationOf(no)?.kind,
    peersOf: (_space, no) => conversationOf(no)?.peerIds,
    knownBetween: () => undefined,
    async load(_space, no, userIds) {
      for (const userId of [...userIds, ...((no === undefined ? undefined : conversationOf(no))?.peerIds ?? [])]) {
        loaded.add(userId);
      }
    },
    people: async (space, userIds) => userIds.map((userId) => person(space, userId)),
  } satisfies Directory;
}
