import { flushDelivered, type Parts } from '@parley/core';
import { dialectsOf } from '@parley/dialects';
import { createFanout } from '@parley/fanout-socketio';
import {
  coalesce,
  type Config,
  createDoors,
  createFileLinks,
  createMetrics,
  createRateLimits,
  createTalkHost,
  type Logger,
  lookupIn,
  measureRefusals,
  measureTalkHost,
  type Spaces,
  talkRuleIn,
  type Tracing,
  watchHealth,
} from '@parley/node-kit';
import { createPresence } from '@parley/presence-redis';
import type { ErrorCode } from '@parley/protocol';
import { createStore } from '@parley/store-postgres';
import { createAdmission } from './admission.ts';
import { createIo } from './app.ts';
import { admitSessions, hearErrors, limitConnections } from './connection-limit.ts';
import { createLinked } from './linked.ts';
import { commandMetrics, dialectMetrics, measureRooms, sessionMetrics } from './metrics.ts';

/** New sessions: one costs a node some 3 ms of a core, and PostgreSQL half as much. */
const admission = {
  perSecond: { min: 40, max: 250 },
  busyMax: 0.5,
  burst: 30,
  openingMax: 10,
  retryAfterMsMax: 20_000,
};
/** Delivered receipts are told within a second; what a crash loses, the client's next receipt brings back. */
const deliveredFlush = { everyMs: 1_000, max: 5_000 };

/** The only place of this process that names its technologies together. */
export function createParts(config: Config, spaces: Spaces, log: Logger, tracing?: Tracing) {
  const { registry } = createMetrics();
  const { databaseUrl, databaseDirectUrl: directUrl, databaseReplicaUrl: replicaUrl, redisUrl, nodeId, slot } = config;
  const refusals = measureRefusals(registry);
  const rateLimits = createRateLimits(redisUrl, refusals, log);
  const doors = createDoors(spaces, refusals, log, config.tlsRequired);
  const metrics = {
    commands: commandMetrics(registry),
    dialects: dialectMetrics(registry),
    sessions: sessionMetrics(registry),
  };

  const links = createFileLinks(config, spaces);
  const store = createStore({
    databaseUrl,
    directUrl,
    replicaUrl,
    nodeId,
    linkOf: (key) => links.linkOf(key),
    registry,
    log,
  });
  const { receipts, users, directory, importedIds } = store;
  const presence = createPresence({
    redisUrl: config.presenceRedisUrl,
    nodeId,
    registry,
    log,
    onSeen: (marks) => users.seen(marks),
    // Whoever was cut off from Redis for so long has missed what was published.
    onLeaseLost: () => fanout.repairAll('lease'),
  });
  const health = watchHealth(() => store.ping());
  const state = {
    draining: false,
    listening: false,
    admission: createAdmission(admission, busySinceAsked()),
    get broken() {
      return health.broken;
    },
  };
  const { http, io } = createIo(slot, doors, state, (code) => metrics.sessions.refused.inc({ code }));
  const refused = (code: ErrorCode) => () => metrics.sessions.refused.inc({ code });
  hearErrors(io.engine);
  admitSessions(io.engine, doors, state, 'look', refused('overloaded'));
  limitConnections(io.engine, doors, rateLimits, refused('rate_limited'));
  admitSessions(io.engine, doors, state, 'take', refused('overloaded'));
  measureRooms(registry, () => {
    const { rooms, sids } = io.of('/').adapter;
    // Socket.IO gives each socket a room of its own, which nobody tells anything.
    return Math.max(0, rooms.size - sids.size);
  });
  const linked = createLinked(log);
  const talkHost = createTalkHost({ spaces, asked: measureTalkHost(registry), log });
  const fanout = createFanout({
    io,
    redisUrl,
    nodeId,
    log: store.log,
    logger: log,
    registry,
    tracing,
    directory,
    importedIds,
    onTalkForgotten: (...pair) => talkHost.forget(...pair),
    onLinkChanged: (...pair) => linked.changed(...pair),
    onPairNewsMissed: () => linked.missed(),
    dialectsOf: (space) => dialectsOf(spaces.get(space)?.dialect),
  });
  const delivered = coalesce(
    (marks: Parameters<Parts['noteDelivered']>[0][]) => flushDelivered({ receipts, fanout }, marks),
    { ...deliveredFlush, onError: (err) => log.warn({ err }, 'delivered receipts were lost') },
  );
  const parts: Parts = {
    ...store,
    presence,
    typing: presence.typing,
    fanout,
    talkRuleOf: (space) => talkRuleIn(spaces, space),
    talkHost,
    lookup: (space) => lookupIn(spaces, space),
    noteDelivered: (mark) => void delivered.add(mark),
  };
  return {
    registry,
    tracing,
    metrics,
    doors,
    state,
    parts,
    fanout,
    linked,
    http,
    io,
    migrate: () => store.migrate(),
    async start() {
      await rateLimits.start();
      await presence.start();
      await fanout.start();
    },
    /** Clients that leave from now on were told to come back: presence waits longer for them. */
    drain() {
      state.draining = true;
      presence.drain();
    },
    /** In the order in which they need each other: what is still to be told needs the store and the fan-out. */
    async close() {
      health.close();
      linked.close();
      await delivered.close();
      await presence.close();
      await fanout.close();
      await io.close();
      rateLimits.close();
      await store.close();
      await tracing?.close();
    },
  };
}

/** The share of the time since the last call that the event loop was busy. */
function busySinceAsked(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
