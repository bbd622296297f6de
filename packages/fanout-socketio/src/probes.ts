import { limits } from './limits.ts';

type Parts = {
  /** Channels of this node's own. */
  channels: readonly string[];
  /** Whether Redis confirmed the subscription, so that an echo is due. */
  isListening: (channel: string) => boolean;
  publish: (channels: readonly string[]) => void;
  /** Nothing comes although it should. */
  onDeaf: () => void;
};

/**
 * A node speaks to itself through Redis, and notices when it does not hear: a connection that is half open gives no
 * error, a frozen Redis keeps it open, and the client of a Redis Cluster may lose the subscriptions of one primary
 * without a word (seen with ioredis 6 after that primary was restarted).
 */
export function createProbes({ channels, isListening, publish, onDeaf }: Parts) {
  const unheardSince = new Map<string, number>();
  let patienceMs: number = limits.redisSilenceMs;

  const listen = () => {
    const now = performance.now();
    if ([...unheardSince.values()].every((since) => now - since < patienceMs)) return;
    // A new connection that hears nothing either, as when we may not publish, is not thrown away for ever at this pace.
    patienceMs = Math.min(patienceMs * 2, limits.redisSilenceMsMax);
    unheardSince.clear();
    onDeaf();
  };
  const speak = () => {
    const now = performance.now();
    const due = channels.filter(isListening);
    for (const channel of unheardSince.keys()) if (!due.includes(channel)) unheardSince.delete(channel);
    for (const channel of due) if (!unheardSince.has(channel)) unheardSince.set(channel, now);
    publish(due);
  };
  const timer = setInterval(() => {
    speak();
    // After a stall of the event loop the echo lies unread in the socket: it is read before anybody is called deaf.
    setImmediate(listen);
  }, limits.redisWatchMs).unref();

  return {
    heard(channel: string): void {
      unheardSince.delete(channel);
      patienceMs = limits.redisSilenceMs;
    },
    close(): void {
      clearInterval(timer);
    },
  };
}
