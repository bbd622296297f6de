import type { Presence } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import type { Emitter } from './emitter.ts';
import { ParleyError, toParleyError } from './error.ts';
import type { ClientEvents } from './events.ts';
import type { Call } from './sync.ts';

export type Watching = {
  /** Hears of these users from now on, in every session. @throws ParleyError */
  watch(userIds: readonly string[]): Promise<Presence[]>;
  unwatch(userIds: readonly string[]): Promise<void>;
  /** The last that was heard of a watched user. It says nothing while there is no connection. */
  get(userId: string): Presence | undefined;
  push(presences: readonly Presence[]): void;
  resume(): void;
};

/** Whom the application watches. A session forgets it when it ends; this does not. */
export function createWatching(call: Call, events: Emitter<ClientEvents>): Watching {
  const watched = new Map<string, Presence | undefined>();

  function push(presences: readonly Presence[]): void {
    for (const presence of presences) {
      if (!watched.has(presence.userId)) continue;
      watched.set(presence.userId, presence);
      events.emit('presence', presence);
    }
  }

  return {
    async watch(userIds) {
      const added = userIds.filter((userId) => !watched.has(userId));
      if (watched.size + added.length > limits.watchedUsersMax) {
        throw new ParleyError('limit_reached', `At most ${limits.watchedUsersMax} users can be watched.`);
      }
      for (const userId of added) watched.set(userId, undefined);
      const { presences } = await call('presence.watch', { userIds: [...new Set(userIds)] });
      push(presences);
      return presences;
    },
    async unwatch(userIds) {
      for (const userId of userIds) watched.delete(userId);
      await call('presence.unwatch', { userIds: [...new Set(userIds)] }).catch((error: unknown) => {
        // Without a session nobody watches, and the next one is not asked to.
        if (toParleyError(error).code !== 'offline') throw error;
      });
    },
    get: (userId) => watched.get(userId),
    push,
    resume() {
      if (watched.size === 0) return;
      call('presence.watch', { userIds: [...watched.keys()] }).then(
        ({ presences }) => push(presences),
        (error: unknown) => events.emit('problem', { what: 'presence.watch', error: toParleyError(error) }),
      );
    },
  };
}
