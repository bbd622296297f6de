import { EventEmitter } from 'node:events';
import type { Logger } from '@parley/node-kit';
import { Redis } from 'ioredis';
import { limits } from './limits.ts';
import type { FanoutMetrics } from './metrics.ts';
import { createProbes } from './probes.ts';
import { createPublishing, type Outgoing } from './publishing.ts';
import { connectClients } from './redis-clients.ts';
import { isOurs, isProbe, probe } from './wire.ts';

type Handlers = {
  /** One of our messages, on the channel of a room. */
  onMessage: (room: string, message: Buffer) => void;
  /** Rooms that are heard again, or only now although sessions went on without: what was published meanwhile was lost. */
  onMissed: (rooms: string[]) => void;
};

/**
 * The one way from this node to Redis and back. The sharded adapter gets two clients that behave as it expects and can
 * do no harm: it neither awaits nor catches what they answer (with Redis away the process would exit), and it delivers
 * to local sockets only after its publish was answered, so the answer comes at once.
 */
export function createRedisLink(
  { redisUrl, nodeId, channelPrefix, logger, metrics }: RedisLinkParts,
  { onMessage, onMissed }: Handlers,
) {
  const prefix = `${channelPrefix}#/#`;
  const channelOf = (room: string) => `${prefix}${room}#`;
  const roomOf = (channel: string) => channel.slice(prefix.length, -1);

  const { publisher, subscriber } = connectClients(redisUrl, logger, {
    metrics,
    onMissed: (channels) => onMissed(channels.map(roomOf)),
    onUp: (isUp) => metrics.redisUp.set({ connection: 'subscriber' }, Number(isUp)),
    onMessage(channel, message) {
      if (isOurs(message)) onMessage(roomOf(channel), message);
      else if (isProbe(message)) probes.heard(channel);
      else adapterSubscriber.emit('smessageBuffer', Buffer.from(channel), message);
    },
  });
  const publishing = createPublishing(publisher, metrics);
  let control: Outgoing[] = [];

  const adapterPublisher = {
    spublish(channel: string, message: Buffer | string): Promise<number> {
      if (control.length === 0) {
        setImmediate(() => {
          metrics.publishes.inc(publishing.publish(control));
          control = [];
        });
      }
      control.push({ channel, message });
      return Promise.resolve(0);
    },
  };
  const adapterSubscriber = Object.assign(new EventEmitter(), {
    ssubscribe: (channel: string) => subscriber.want(channel),
    sunsubscribe(channels: string | readonly string[]): Promise<void> {
      for (const channel of [channels].flat()) subscriber.unwant(channel);
      return Promise.resolve();
    },
  });
  publisher.on('ready', () => metrics.redisUp.set({ connection: 'publisher' }, 1));
  publisher.on('close', () => metrics.redisUp.set({ connection: 'publisher' }, 0));

  // One primary of a Redis Cluster says nothing about another: so many names fall on all of them.
  const channels = Array.from({ length: publisher instanceof Redis ? 1 : limits.probesOfCluster }, (_, i) => {
    return `${channelPrefix}~${nodeId}~${i}`;
  });
  for (const channel of channels) subscriber.want(channel);
  const probes = createProbes({
    channels,
    isListening: (channel) => subscriber.isUp() && subscriber.isConfirmed(channel),
    publish: (to) => void publishing.publish(to.map((channel) => ({ channel, message: probe }))),
    onDeaf() {
      logger.warn('nothing is heard from Redis; the subscriber connects anew');
      subscriber.renew();
    },
  });
  const watch = setInterval(publishing.watch, limits.redisWatchMs).unref();

  return {
    adapterPublisher,
    adapterSubscriber,
    publish(messages: readonly { room: string; message: Buffer }[]): void {
      const outgoing = messages.map(({ room, message }) => ({ channel: channelOf(room), message }));
      metrics.publishes.inc(publishing.publish(outgoing));
    },
    confirmed: (rooms: readonly string[]) => subscriber.confirmed(rooms.map(channelOf), limits.confirmMs),
    /** Whether frames of other nodes cannot be expected at the moment. */
    isAway: () => !subscriber.isUp() || publishing.isAway(),
    close(): void {
      clearInterval(watch);
      probes.close();
      publisher.disconnect();
      subscriber.close();
    },
  };
}

export type RedisLinkParts = {
  redisUrl: string;
  nodeId: string;
  channelPrefix: string;
  logger: Logger;
  metrics: FanoutMetrics;
};
export type RedisLink = ReturnType<typeof createRedisLink>;
