import { Redis } from 'ioredis';
import { limits } from './limits.ts';
import type { FanoutMetrics } from './metrics.ts';
import type { RedisClient } from '@parley/node-kit';

/**
 * Sends messages to channels and forgets them. What one tick publishes leaves in one write. Nobody waits for an answer;
 * a failure is counted and the log makes up for it. While Redis is away or silent nothing is kept.
 */
export function createPublishing(redis: RedisClient, metrics: FanoutMetrics) {
  let inFlight = 0;
  let bytesInFlight = 0;
  let batches: { sentAt: number }[] = [];
  let frozen = false;
  metrics.watchPublishes(() => ({ messages: inFlight, bytes: bytesInFlight }));
  const failed = (count: number) => metrics.failures.inc({ command: 'spublish' }, count);

  const sent = async (messages: readonly Outgoing[], bytes: number) => {
    const batch = { sentAt: performance.now() };
    batches.push(batch);
    inFlight += messages.length;
    bytesInFlight += bytes;
    try {
      const failures = await send(redis, messages);
      if (failures > 0) failed(failures);
      if (failures < messages.length) frozen = false;
    } catch {
      failed(messages.length);
    } finally {
      inFlight -= messages.length;
      bytesInFlight -= bytes;
      metrics.publishSeconds.observe((performance.now() - batch.sentAt) / 1000);
      batches = batches.filter((other) => other !== batch);
    }
  };
  return {
    /** Answers how many were sent: all, or none. */
    publish(messages: readonly Outgoing[]): number {
      const bytes = messages.reduce((sum, { message }) => sum + message.length, 0);
      const full =
        inFlight + messages.length > limits.publishesInFlightMax ||
        bytesInFlight + bytes > limits.publishBytesInFlightMax;
      if (redis.status !== 'ready' || full) {
        failed(messages.length);
        return 0;
      }
      void sent(messages, bytes);
      return messages.length;
    },
    /** Whether publishes cannot be expected to arrive. */
    isAway: () => redis.status !== 'ready' || frozen,
    /** Looks whether the oldest publish has waited too long. Then the connection is made anew, and its queue is gone. */
    watch: (): void => {
      const [oldest] = batches;
      if (!oldest || performance.now() - oldest.sentAt < limits.redisSilenceMs) return;
      frozen = true;
      // Of a cluster, commands time out one by one instead: the client that is told to connect anew while a primary is away
      // stays `disconnecting` for ever (ioredis 6), and one primary is no reason to leave the others.
      if (redis instanceof Redis) redis.disconnect(true);
    },
  };
}

export type Outgoing = { channel: string; message: Buffer | string };
export type Publishing = ReturnType<typeof createPublishing>;

/** Answers how many failed. */
async function send(redis: RedisClient, messages: readonly Outgoing[]): Promise<number> {
  const [first] = messages;
  if (messages.length === 1 && first) {
    await redis.spublish(first.channel, first.message);
    return 0;
  }
  if (redis instanceof Redis) {
    const pipeline = redis.pipeline();
    for (const { channel, message } of messages) pipeline.spublish(channel, message);
    const answers = await pipeline.exec();
    return (answers ?? []).filter(([error]) => error !== null).length;
  }
  // The slots of a cluster live on several nodes, so each message goes alone: the pipelining that sorts them by itself
  // (ioredis 6) went on failing after a primary was restarted.
  const answers = await Promise.allSettled(messages.map(({ channel, message }) => redis.spublish(channel, message)));
  return answers.filter(({ status }) => status === 'rejected').length;
}
