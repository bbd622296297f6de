import type { Redis } from 'ioredis';
import { limits } from './limits.ts';
import type { FanoutMetrics } from './metrics.ts';
import { createSubscribing } from './subscribing.ts';

export type SubscriberParts = {
  metrics: FanoutMetrics;
  onMessage: (channel: string, message: Buffer) => void;
  /** These channels are heard now, after a time in which what was published to them was lost. */
  onMissed: (channels: string[]) => void;
  /** Everything can be heard from now on, or something no longer. */
  onUp: (isUp: boolean) => void;
};

/** What is heard of one Redis. */
export function createSubscriber(
  redis: Redis,
  { onMessage, onUp, ...parts }: SubscriberParts,
  channelsPerCommand?: number,
) {
  const subscribing = createSubscribing(redis, {
    ...parts,
    channelsPerCommand: channelsPerCommand ?? limits.channelsPerCommand,
  });
  redis.on('smessageBuffer', (channel: Buffer, message: Buffer) => onMessage(channel.toString(), message));
  redis.on('ready', () => onUp(true));
  redis.on('close', () => onUp(false));
  return {
    ...subscribing,
    isUp: () => redis.status === 'ready',
    /** Throws the connection away and makes another. */
    renew: () => redis.disconnect(true),
    close: () => redis.disconnect(),
  };
}

export type Subscriber = ReturnType<typeof createSubscriber>;
