import type { Transition } from '@parley/core';
import { type Announcements, listenTo } from './announcements.ts';
import { resyncDelayMs } from './limits.ts';
import type { PresenceMetrics } from './metrics.ts';

type Listener = { onTransition: (transition: Transition) => void; onResync: () => void };
type Parts = {
  subscribe: (parts: Pick<Parameters<typeof listenTo>[0], 'onTransition' | 'onMissed'>) => Announcements;
  metrics: PresenceMetrics;
};

/** Subscribes once there is somebody to tell and the board has begun; nodes without a listener hear nothing. */
export function createWatch({ subscribe, metrics }: Parts) {
  let listener: Listener | undefined;
  let announcements: Announcements | undefined;
  let resync: NodeJS.Timeout | undefined;
  let begun = false;

  /** What was announced may have been missed, or who asked got no answer: watchers read again. */
  const resyncSoon = () => {
    if (!listener || !begun) return;
    resync ??= setTimeout(() => {
      resync = undefined;
      metrics.resyncs.inc();
      listener?.onResync();
    }, resyncDelayMs);
  };
  const open = () => {
    if (!begun || !listener) return;
    announcements ??= subscribe({
      onTransition: (transition) => listener?.onTransition(transition),
      onMissed: resyncSoon,
    });
  };

  return {
    resyncSoon,
    begin() {
      begun = true;
      open();
    },
    listen(heard: Listener) {
      listener = heard;
      open();
    },
    check: (shard: number, told: number) => announcements?.check(shard, told),
    close() {
      begun = false;
      clearTimeout(resync);
      announcements?.close();
    },
  };
}
