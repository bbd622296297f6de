import { setTimeout as pause } from 'node:timers/promises';
import type { Presence } from '@parley/protocol';
import { until } from '@parley/testkit';
import type { PlainClient } from './plain-client.ts';

/** What watchers were told of some users, by answer or by push, in order. */
export type PresenceWatch = {
  readonly seen: readonly Sight[];
  /** Answers to a watcher that took longer than a client waits. */
  readonly unanswered: number;
  /** Resolves when an answer from now on says this of every user, or of those that are named, to every watcher. */
  all(status: Presence['status'], options: { of?: readonly string[]; withinMs: number }): Promise<void>;
  end(): Promise<void>;
};

type Sight = Presence & { watcher: string; at: number };

const everyMs = 250;

/**
 * Lets clients watch users, and ask again and again: a presence that is wrong for a moment is written down all the same.
 */
export function watchPresence(watchers: readonly PlainClient[], userIds: readonly string[]): PresenceWatch {
  const seen: Sight[] = [];
  const newest = new Map<PlainClient, readonly Presence[]>();
  const ending = new AbortController();
  let unanswered = 0;

  const note = (watcher: PlainClient, presences: readonly Presence[]) => {
    for (const presence of presences) seen.push({ ...presence, watcher: watcher.name, at: performance.now() });
  };
  const ask = async (watcher: PlainClient) => {
    const answer = await watcher.call('presence.watch', { userIds: [...userIds] });
    if (!answer.ok) throw new Error(answer.error.code);
    newest.set(watcher, answer.presences);
    note(watcher, answer.presences);
  };
  for (const watcher of watchers) watcher.on('presence.changed', ({ presences }) => note(watcher, presences));
  const asking = watchers.map(async (watcher) => {
    while (!ending.signal.aborted) {
      await ask(watcher).catch(() => {
        unanswered += 1;
      });
      await pause(everyMs);
    }
  });

  return {
    seen,
    get unanswered() {
      return unanswered;
    },
    async all(status, { of = userIds, withinMs }) {
      newest.clear();
      const agrees = (watcher: PlainClient) => {
        const presences = newest.get(watcher) ?? [];
        return of.every((id) => presences.some((p) => p.userId === id && p.status === status && p.stale !== true));
      };
      await until(() => watchers.every(agrees), { what: `every watcher sees ${of.length} users ${status}`, withinMs });
    },
    async end() {
      ending.abort();
      await Promise.all(asking);
    },
  };
}
