import type { Logger } from '@parley/node-kit';
import { inBackground } from '@parley/node-kit';
import { Failure, type PresenceBoard, type Transition } from '@parley/core';
import { limits, type Presence } from '@parley/protocol';

/** Changes that fall into one window are told together, and only the last of each user. */
const coalesceMs = 250;

export type Watcher = {
  watch(userIds: readonly string[]): void;
  unwatch(userIds: readonly string[]): void;
  /** Whoever of the space comes or goes is watched from then on, as long as there is room: all but this user. */
  meet(exceptUserId: string): void;
  close(): void;
};

/** Which local connections watch whom. A watcher hears diffs, never a storm. */
export function createWatched(board: PresenceBoard, log: Logger) {
  const watchersOf = new Map<string, Set<Pending>>();
  const meetersOf = new Map<string, Set<(userId: string) => void>>();
  const dirty = new Set<Pending>();
  let timer: NodeJS.Timeout | undefined;

  const flush = () => {
    timer = undefined;
    for (const pending of dirty) pending.flush();
    dirty.clear();
  };
  const note = ({ space, presence }: Transition) => {
    for (const meet of meetersOf.get(space) ?? []) meet(presence.userId);
    for (const pending of watchersOf.get(keyOf(space, presence.userId)) ?? []) {
      pending.changes.set(presence.userId, presence);
      dirty.add(pending);
    }
    if (dirty.size > 0) timer ??= setTimeout(flush, coalesceMs);
  };
  // What was announced while Redis was away is gone, and so is who came meanwhile: read everybody who is watched again.
  const resync = async () => {
    for (const [space, meeters] of meetersOf) {
      const online = (await board.online(space, { limit: limits.watchedUsersMax })) ?? [];
      for (const meet of meeters) online.forEach(meet);
    }
    const bySpace = Map.groupBy([...watchersOf.keys()].map(fromKey), ({ space }) => space);
    for (const [space, entries] of bySpace) {
      for (let i = 0; i < entries.length; i += limits.watchedUsersMax) {
        const userIds = entries.slice(i, i + limits.watchedUsersMax).map(({ userId }) => userId);
        for (const presence of await board.read(space, userIds)) note({ space, presence });
      }
    }
  };
  board.listen(note, () => inBackground(log, 'presence.resync', resync()));

  return {
    watcher(space: string, emit: (presences: Presence[]) => void): Watcher {
      const watched = new Set<string>();
      const changes = new Map<string, Presence>();
      const pending: Pending = {
        changes,
        flush() {
          emit([...changes.values()]);
          changes.clear();
        },
      };
      const unwatch = (userId: string) => {
        const key = keyOf(space, userId);
        const watchers = watchersOf.get(key);
        watchers?.delete(pending);
        if (watchers?.size === 0) watchersOf.delete(key);
        watched.delete(userId);
        changes.delete(userId);
      };
      let closed = false;
      const watchOne = (userId: string) => {
        // What a session asked for may be answered after its end.
        if (closed) return;
        watched.add(userId);
        const key = keyOf(space, userId);
        const watchers = watchersOf.get(key) ?? new Set();
        watchersOf.set(key, watchers.add(pending));
      };
      let stopMeeting = () => {};
      return {
        watch(userIds) {
          const added = userIds.filter((userId) => !watched.has(userId));
          if (watched.size + added.length > limits.watchedUsersMax) {
            const details = [{ path: '/userIds', message: `watchedUsersMax is ${limits.watchedUsersMax}` }];
            throw new Failure('limit_reached', undefined, { details });
          }
          added.forEach(watchOne);
        },
        unwatch: (userIds) => userIds.forEach(unwatch),
        meet(exceptUserId) {
          const meeters = meetersOf.get(space) ?? new Set();
          const meet = (userId: string) => {
            if (userId !== exceptUserId && watched.size < limits.watchedUsersMax) watchOne(userId);
          };
          meetersOf.set(space, meeters.add(meet));
          stopMeeting = () => void (meeters.delete(meet) && meeters.size === 0 && meetersOf.delete(space));
        },
        close() {
          closed = true;
          stopMeeting();
          for (const userId of watched) unwatch(userId);
          dirty.delete(pending);
        },
      };
    },
    close: () => clearTimeout(timer),
  };
}

type Pending = { changes: Map<string, Presence>; flush(): void };

const keyOf = (space: string, userId: string) => `${space}\n${userId}`;
const fromKey = (key: string) => {
  const [space = '', userId = ''] = key.split('\n');
  return { space, userId };
};

export type Watched = ReturnType<typeof createWatched>;
