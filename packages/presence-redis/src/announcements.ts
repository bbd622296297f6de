import type { Transition } from '@parley/core';
import type { Logger, RedisClient } from '@parley/node-kit';
import type { Status } from './operations.ts';

type Parts = {
  connect: () => RedisClient;
  /** One for each shard, in order. */
  channels: readonly string[];
  onTransition: (transition: Transition) => void;
  /** Announcements may have been missed. */
  onMissed: () => void;
  log: Logger;
};

const reopenMs = 1_000;

/**
 * Hears the announcements of all shards. Redis' pub/sub forgets whatever cannot be delivered at once, and says nothing;
 * so announcements are numbered, and each renewal tells how many there were: a node that heard fewer knows it missed some.
 */
export function listenTo({ connect, channels, onTransition, onMissed, log }: Parts) {
  const heard = new Map<number, number>();
  const toldBefore = new Map<number, number>();
  let subscribed = false;
  let closed = false;
  let connection = open();
  let timer: NodeJS.Timeout | undefined;

  function open(): RedisClient {
    const opened = connect();
    opened.on('ready', () => {
      subscribe(opened).then(
        () => {
          if (closed || opened !== connection) return;
          subscribed = true;
          heard.clear();
          onMissed();
        },
        (err: unknown) => {
          log.warn({ err }, 'presence could not subscribe to its announcements');
          reopenSoon();
        },
      );
    });
    opened.on('close', () => {
      subscribed = false;
    });
    opened.on('smessage', (channel: string, text: string) => hear(channels.indexOf(channel), text));
    return opened;
  }

  // A Redis Cluster takes only channels of one slot in one call.
  const subscribe = (to: RedisClient) => Promise.all(channels.map((channel) => to.ssubscribe(channel)));

  function reopenSoon() {
    if (closed || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      reopen();
    }, reopenMs);
  }

  function reopen() {
    subscribed = false;
    connection.disconnect();
    connection = open();
  }

  function hear(shard: number, text: string) {
    try {
      const [told, changes] = parse(text);
      const last = heard.get(shard);
      heard.set(shard, told);
      if (last !== undefined && told > last + 1) onMissed();
      for (const change of changes) onTransition(transitionOf(change));
    } catch (err) {
      // Thrown on, it would end the process; whoever can publish in Redis could then stop every node.
      log.error({ err }, 'a presence announcement could not be understood');
      onMissed();
    }
  }

  return {
    /**
     * Called after each renewal. What was told before the renewal *before* must have been heard by now; the latest may
     * still be on its way.
     */
    check(shard: number, told: number) {
      const before = toldBefore.get(shard);
      toldBefore.set(shard, told);
      const last = heard.get(shard);
      if (!subscribed || last === undefined || before === undefined || told < before) {
        // A count that went back is a shard that began again: its youth makes everybody read again.
        heard.set(shard, told);
        return;
      }
      if (last >= before) return;
      log.warn({ shard, heard: last, told: before }, 'presence missed announcements');
      reopen();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      connection.disconnect();
    },
  };
}

export type Announcements = ReturnType<typeof listenTo>;

type Change = [space: string, userId: string, status: Status, seenAt?: number];

/** @throws TypeError when it is not what `announce` in `lua/shard.lua` publishes */
function parse(text: string): [told: number, changes: Change[]] {
  const message: unknown = JSON.parse(text);
  if (!Array.isArray(message) || typeof message[0] !== 'number' || !Array.isArray(message[1])) {
    throw new TypeError('an announcement is a number and a list of changes');
  }
  return [message[0], message[1] as Change[]];
}

function transitionOf([space, userId, status, seenAt]: Change): Transition {
  if (status === 'stale') return { space, presence: { userId, status: 'online', stale: true } };
  const lastSeen = seenAt === undefined ? {} : { lastSeen: new Date(seenAt).toISOString() };
  return { space, presence: { userId, status, ...lastSeen } };
}
