import type { Directory } from '@parley/core';
import { type About, type ConversationKind, type Person, stranger } from '@parley/protocol';
import type { Database } from './database.ts';
import { personOf } from './people.ts';
import type { Profiles } from './profiles.ts';
import { findUsers } from './users.ts';

/** How long a change by another node may stay unseen. */
const maxAgeMs = 30_000;
/** About 300 bytes each. */
const peopleMax = 50_000;

type Remembered = { person: Person; until: number };

/** Remembers people for half a minute, and of conversations what never changes. */
export function createDirectory(db: Database, profiles: Profiles, now: () => number = () => performance.now()) {
  const people = new Map<string, Remembered>();

  const remembered = (space: string, userId: string): Person | undefined => {
    const found = people.get(keyOf(space, userId));
    return found && found.until > now() ? found.person : undefined;
  };

  /** Reads those who are not remembered, also that they do not exist. */
  const learn = async (space: string, userIds: readonly string[]): Promise<void> => {
    const unknown = [...new Set(userIds)].filter((userId) => !remembered(space, userId));
    if (unknown.length === 0) return;
    const rows = await db.read(findUsers, { spaces: unknown.map(() => space), users: unknown });
    const found = new Map(rows.map((row) => [row.user_id, row]));
    const until = now() + maxAgeMs;
    for (const userId of unknown) {
      const row = found.get(userId);
      const person = row ? personOf(row) : stranger(userId);
      // The newest goes to the end, so that the map stays in the order of age.
      people.delete(keyOf(space, userId));
      people.set(keyOf(space, userId), { person, until });
    }
    for (const key of people.keys()) {
      if (people.size <= peopleMax) break;
      people.delete(key);
    }
  };

  return {
    recall(space, no, userIds): About | undefined {
      const conversation = no === undefined ? undefined : profiles.get(no);
      if (no !== undefined && !conversation) return undefined;
      const byId = new Map<string, Person>();
      for (const userId of [...userIds, ...(conversation?.peerIds ?? [])]) {
        const person = remembered(space, userId);
        if (!person) return undefined;
        byId.set(userId, person);
      }
      return { conversation, person: (userId) => byId.get(userId) ?? stranger(userId) };
    },
    kindOf(space, no) {
      const kind = (): ConversationKind | undefined => {
        const found = profiles.get(no);
        return found?.space === space ? found.kind : undefined;
      };
      return profiles.get(no) ? kind() : profiles.load([no], db.read).then(kind);
    },
    peersOf(space, no) {
      const peers = () => {
        const found = profiles.get(no);
        return found?.space === space && found.kind === 'direct' ? found.peerIds : undefined;
      };
      return profiles.get(no) ? peers() : profiles.load([no], db.read).then(peers);
    },
    knownBetween: (space, userA, userB) => profiles.between(space, userA, userB),
    async load(space, no, userIds) {
      if (no !== undefined) await profiles.load([no], db.read);
      const conversation = no === undefined ? undefined : profiles.get(no);
      const owner = space ?? conversation?.space;
      if (owner !== undefined) await learn(owner, [...userIds, ...(conversation?.peerIds ?? [])]);
    },
    async people(space, userIds) {
      await learn(space, userIds);
      return userIds.map((userId) => remembered(space, userId) ?? stranger(userId));
    },
  } satisfies Directory;
}

const keyOf = (space: string, userId: string) => `${space}\n${userId}`;
