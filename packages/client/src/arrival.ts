import type { Output } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import { backoffMs } from './backoff.ts';
import type { Cursors } from './cursors.ts';
import { isRetryable, toParleyError } from './error.ts';
import type { Inbox } from './inbox.ts';
import type { Ready } from './link.ts';
import type { Router } from './router.ts';
import type { Call, Sync } from './sync.ts';
import type { Timers } from './timers.ts';

export type Arrival = {
  /** A session began: compares the heads that it announced, and reads the rest of the inbox. */
  arrive(ready: Ready): void;
  /** The numbers may mean other messages now: reads the whole inbox anew. */
  startOver(): void;
  readonly busy: boolean;
};

type Page = Pick<Output<'conversation.list'>, 'conversations' | 'next' | 'epoch'>;

const backoff = { baseMs: 300, maxMs: 10_000 };

/** Compares what we hold with the whole inbox, page by page, and has `sync` fetch the difference. */
export function createArrival(
  inbox: Inbox,
  cursors: Cursors,
  router: Router,
  sync: Sync,
  call: Call,
  timers: Timers,
  onProblem: (error: unknown) => void,
): Arrival {
  // Only the latest walk goes on: a new session, or a new epoch, makes the one before it pointless.
  let latest = 0;
  let walking = false;

  async function walk(first: Page | undefined): Promise<void> {
    latest += 1;
    const mine = latest;
    const isLatest = () => mine === latest;
    walking = true;
    const met = new Set<string>();
    let page = first ?? (await read(isLatest, undefined));
    while (page && isLatest()) {
      const { userId } = cursors.account ?? {};
      if (page.epoch !== inbox.epoch && userId !== undefined) {
        inbox.enter(userId, page.epoch);
        met.clear();
      }
      for (const conversation of page.conversations) {
        met.add(conversation.id);
        inbox.meet(conversation);
      }
      sync.now();
      if (page.next === undefined) return finish(met);
      page = await read(isLatest, page.next);
    }
    if (isLatest()) walking = false;
  }

  function finish(met: ReadonlySet<string>): void {
    walking = false;
    inbox.markComplete();
    // Missing from the inbox: left, or moved from one page to another while they were read. Only an answer tells.
    const known = new Set([
      ...inbox
        .all()
        .filter(({ gone }) => !gone)
        .map(({ id }) => id),
      ...cursors.ids(),
    ]);
    for (const id of known) if (!met.has(id) && !inbox.get(id)?.gone) router.lookUp(id);
    sync.now();
  }

  async function read(isLatest: () => boolean, after: string | undefined): Promise<Page | undefined> {
    for (let attempt = 0; isLatest(); attempt += 1) {
      try {
        return await call('conversation.list', { limit: limits.pageMax, ...(after !== undefined && { after }) });
      } catch (cause) {
        const error = toParleyError(cause);
        if (error.code === 'offline' || error.code === 'closed') return undefined;
        onProblem(error);
        if (!isRetryable(error)) return undefined;
        const ms = backoffMs(attempt, backoff, error.retryAfterMs);
        await new Promise<void>((resolve) => timers.after(ms, resolve));
      }
    }
    return undefined;
  }

  return {
    arrive({ userId, epoch, conversations, next }) {
      inbox.enter(userId, epoch);
      void walk({ conversations, epoch, ...(next !== undefined && { next }) });
    },
    startOver: () => void walk(undefined),
    get busy() {
      return walking;
    },
  };
}
