import type { Redis } from 'ioredis';
import { limits } from './limits.ts';
import type { FanoutMetrics } from './metrics.ts';

type Parts = {
  channelsPerCommand: number;
  metrics: FanoutMetrics;
  /** These channels are heard now, after a time in which what was published to them was lost. */
  onMissed: (channels: string[]) => void;
};

/**
 * Keeps the channels that this node wants subscribed on one server, whatever happens to it. What changes in one tick
 * leaves in one command; after a reconnect everything wanted is asked for again, at once. Nothing here throws or rejects.
 */
export function createSubscribing(redis: Redis, { channelsPerCommand, metrics, onMissed }: Parts) {
  const wanted = new Set<string>();
  const asked = new Map<string, Subscription>();
  const waiters = new Map<string, Set<Waiter>>();
  /** Not heard although somebody counted on it: a connection was lost, or a session did not wait any longer. */
  const missed = new Set<string>();
  let dirty = new Set<string>();
  let scheduled = false;

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(reconcile);
  };
  const change = (channel: string) => {
    dirty.add(channel);
    schedule();
  };

  /** Compares what is wanted with what was asked for, so that joining and leaving within a tick costs nothing. */
  function reconcile(): void {
    scheduled = false;
    if (redis.status !== 'ready') return;
    const changed = dirty;
    dirty = new Set();
    const more = [...changed].filter((channel) => wanted.has(channel) && !asked.has(channel));
    const less = [...changed].filter((channel) => !wanted.has(channel) && asked.delete(channel));
    for (const channels of chunks(less, channelsPerCommand)) {
      redis.sunsubscribe(...channels).catch(() => metrics.failures.inc({ command: 'sunsubscribe' }));
    }
    for (const channels of chunks(more, channelsPerCommand)) subscribe(channels);
  }

  function subscribe(channels: readonly string[]): void {
    const subscription: Subscription = { confirmed: false };
    for (const channel of channels) asked.set(channel, subscription);
    redis.ssubscribe(...channels).then(
      () => {
        subscription.confirmed = true;
        for (const channel of channels) if (asked.get(channel) === subscription) confirm(channel);
        // Only now: what is compared with the log before the subscription holds could be outrun by the next message.
        const rooms = channels.filter((channel) => missed.delete(channel));
        if (rooms.length > 0) onMissed(rooms);
      },
      () => {
        metrics.failures.inc({ command: 'ssubscribe' });
        for (const channel of channels) if (asked.get(channel) === subscription) asked.delete(channel);
        for (const channel of channels) dirty.add(channel);
        setTimeout(schedule, limits.subscribeRetryMs).unref();
      },
    );
  }

  function confirm(channel: string): void {
    for (const waiter of waiters.get(channel) ?? []) {
      waiter.missing.delete(channel);
      if (waiter.missing.size === 0) waiter.done();
    }
    waiters.delete(channel);
  }

  redis.on('ready', () => {
    for (const channel of wanted) dirty.add(channel);
    reconcile();
  });
  redis.on('close', () => {
    for (const channel of asked.keys()) missed.add(channel);
    asked.clear();
  });

  return {
    /** @param gap whether something may have been published to it that we should have heard */
    want(channel: string, gap = false): void {
      wanted.add(channel);
      if (gap) missed.add(channel);
      change(channel);
    },
    unwant(channel: string): void {
      wanted.delete(channel);
      missed.delete(channel);
      change(channel);
    },
    isConfirmed: (channel: string) => asked.get(channel)?.confirmed === true,
    /**
     * Whether Redis confirms these channels in time. Those that it confirms later are reported to `onMissed`.
     */
    confirmed(channels: readonly string[], withinMs: number): Promise<boolean> {
      const missing = new Set(channels.filter((channel) => asked.get(channel)?.confirmed !== true));
      if (missing.size === 0) return Promise.resolve(true);
      return new Promise((resolve) => {
        const timer = setTimeout(() => {
          for (const channel of missing) {
            waiters.get(channel)?.delete(waiter);
            missed.add(channel);
          }
          resolve(false);
        }, withinMs);
        const done = () => {
          clearTimeout(timer);
          resolve(true);
        };
        const waiter: Waiter = { missing, done };
        for (const channel of missing) {
          const others = waiters.get(channel);
          if (others) others.add(waiter);
          else waiters.set(channel, new Set([waiter]));
        }
      });
    },
  };
}

type Subscription = { confirmed: boolean };
type Waiter = { readonly missing: Set<string>; done(): void };

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
