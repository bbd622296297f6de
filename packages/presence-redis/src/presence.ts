import { randomBytes } from 'node:crypto';
import type { PresenceBoard, TypingBoard } from '@parley/core';
import type { Logger, RedisClient, Registry } from '@parley/node-kit';
import { limits, type Presence } from '@parley/protocol';
import { listenTo } from './announcements.ts';
import { connect } from './connection.ts';
import { type Durations, durationsFrom } from './durations.ts';
import { keyPrefixDefault, shardKeys } from './keys.ts';
import { shardsDefault } from './limits.ts';
import { member, userKey } from './members.ts';
import { presenceMetrics } from './metrics.ts';
import { createOperations, type Status } from './operations.ts';
import { type Run, runScript } from './scripts.ts';
import { createSeen, type OnSeen } from './seen.ts';
import { createShards } from './shards.ts';
import { createTyping } from './typing.ts';
import { createWatch } from './watch.ts';

export type PresenceOptions = Partial<Durations> & {
  /** Several URLs, separated by commas, name the nodes of a Redis Cluster. */
  redisUrl: string;
  /** For people; every start of a process is a node of its own in Redis. */
  nodeId: string;
  registry: Registry;
  log: Logger;
  keyPrefix?: string;
  /** The same on every node of the cluster. */
  shards?: number;
  typingTimeoutMs?: number;
  /** Told in batches when users were last seen, in Redis' time: by whoever noticed, once for each time they went. */
  onSeen?: OnSeen;
  /** This node's lease ran out while it lived: it was cut off, or stood still. Once for each shard that says so. */
  onLeaseLost?: () => void;
};

export type RedisPresence = PresenceBoard & {
  typing: TypingBoard;
  /** Begins to hold a lease. Answers at once, also when Redis is away. */
  start(): Promise<void>;
  /** From now on, connections that close get the drain's grace: their clients were told to go elsewhere. */
  drain(): void;
};

/** The presence board in Redis; see README.md for how it works and what it costs. */
export function createPresence(options: PresenceOptions): RedisPresence {
  const { redisUrl, nodeId, log, keyPrefix = keyPrefixDefault, shards: count = shardsDefault } = options;
  const { typingTimeoutMs = limits.typingTimeoutMs } = options;
  const durations = durationsFrom(options);
  const metrics = presenceMetrics(options.registry);
  // A process that starts again under its old name must not keep its former life's connections alive.
  const node = `${nodeId}~${randomBytes(6).toString('base64url')}`;
  const keys = Array.from({ length: count }, (_, index) => shardKeys(keyPrefix, index));
  const seen = createSeen(options.onSeen, log);
  let commands: RedisClient | undefined;
  let tick: NodeJS.Timeout | undefined;
  let draining = false;
  let closed = false;
  let redisAheadMs = 0;

  const run: Run = async (...call) => {
    if (!commands) throw new Error('presence was not started');
    return runScript(commands, ...call);
  };
  const watch = createWatch({
    subscribe: (hearing) =>
      listenTo({
        ...hearing,
        connect: () => connect(redisUrl, 'subscriber', durations, log),
        channels: keys.map(({ channel }) => channel),
        log,
      }),
    metrics,
  });
  const shards = createShards({
    count,
    durations,
    metrics,
    log,
    operationsOf: (index) => createOperations(run, keys[index] ?? shardKeys(keyPrefix, index), node, durations),
    graceMs: () => (draining ? durations.lostGraceMs : durations.graceMs),
    onLeaseLost: () => options.onLeaseLost?.(),
    onSure: watch.resyncSoon,
    onRenewed(index, redisNow, told) {
      redisAheadMs = redisNow - Date.now();
      watch.check(index, told);
    },
    onSeen(found) {
      for (const { user, at } of found) seen.note(user, at);
      void seen.flush();
    },
  });
  const renew = () => {
    shards.renew();
    void seen.flush();
  };

  return {
    typing: createTyping({ commands: () => commands, keyPrefix, timeoutMs: typingTimeoutMs, log }),
    async start() {
      if (commands || closed) return;
      commands = connect(redisUrl, 'commands', durations, log);
      commands.on('ready', renew);
      tick = setInterval(renew, durations.renewMs);
      watch.begin();
    },
    connect(space, userId, connectionId) {
      if (closed) return;
      shards.of(userKey(space, userId)).connect(member(space, userId, node, connectionId));
    },
    disconnect(space, userId, connectionId) {
      if (closed) return;
      const user = userKey(space, userId);
      const shard = shards.of(user);
      shard.disconnect(member(space, userId, node, connectionId));
      // A Redis that comes back empty knows nothing of this connection; so what this node saw itself must do.
      if (shard.state === 'away') seen.note(user, Date.now() + redisAheadMs);
    },
    async read(space, userIds) {
      const found = await shards.read(new Set(userIds.map((userId) => userKey(space, userId))));
      const answers = userIds.map((userId) => presenceOf(userId, found.get(userKey(space, userId))));
      metrics.unknownAnswers.inc(answers.filter(({ status }) => status === 'unknown').length);
      return answers;
    },
    count: (space) => shards.count(space),
    online: (space, { after = '', limit }) => shards.online(space, after, limit),
    listen: (onTransition, onResync) => watch.listen({ onTransition, onResync }),
    drain() {
      draining = true;
    },
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(tick);
      watch.close();
      const gaveUp = await shards.close();
      if (commands && !gaveUp) log.info('presence could not give up its lease; it will run out');
      commands?.disconnect();
      await seen.flush();
    },
  };
}

function presenceOf(userId: string, status: Status | undefined): Presence {
  if (status === 'stale') return { userId, status: 'online', stale: true };
  return { userId, status: status ?? 'unknown' };
}
