import { randomUUID } from 'node:crypto';
import { type FileParts, flushDelivered, type Parts, sweepFiles } from '@parley/core';
import { dialectsOf } from '@parley/dialects';
import { createFanout } from '@parley/fanout-socketio';
import { createFiles } from '@parley/files-disk';
import {
  coalesce,
  type Config,
  createDoors,
  createFileLinks,
  createMetrics,
  createRateLimits,
  createTalkHost,
  inBackground,
  type Logger,
  lookupIn,
  retentionIn,
  type Spaces,
  mintToken,
  measureRefusals,
  measureTalkHost,
  talkRuleIn,
  type Tracing,
  watchHealth,
} from '@parley/node-kit';
import { createPasswords, type GuestParts } from './guests.ts';
import { createPresence } from '@parley/presence-redis';
import { guestCommands, limits } from '@parley/protocol';
import { createStore } from '@parley/store-postgres';
import { Server } from 'socket.io';
import { sniff } from './sniff.ts';

/** Delivered receipts are told within a second; what a crash loses, the client's next receipt brings back. */
const deliveredFlush = { everyMs: 1_000, max: 5_000 };

/** How long the bytes of a file that nothing carries any more may lie about. */
const sweepEveryMs = 600_000;

/** The only place of this process that names its technologies together. */
export function createParts(config: Config, spaces: Spaces, log: Logger, tracing?: Tracing) {
  const { registry } = createMetrics();
  const { databaseUrl, databaseDirectUrl: directUrl, databaseReplicaUrl: replicaUrl, redisUrl, nodeId } = config;
  const links = createFileLinks(config, spaces);
  const linkOf: FileParts['linkOf'] = (key) => links.linkOf(key);
  const store = createStore({ databaseUrl, directUrl, replicaUrl, nodeId, linkOf, registry, log });
  const { receipts, users, directory, importedIds } = store;
  // This node may be elected to sweep a shard, and is then the only one to notice who went.
  const presence = createPresence({
    redisUrl: config.presenceRedisUrl,
    nodeId,
    registry,
    log,
    onSeen: (marks) => users.seen(marks),
  });
  // Never listens and has no sockets: it only tells the socket nodes.
  const io = new Server();
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
    dialectsOf: (space) => dialectsOf(spaces.get(space)?.dialect),
  });
  const delivered = coalesce(
    (marks: Parameters<Parts['noteDelivered']>[0][]) => flushDelivered({ receipts, fanout }, marks),
    { ...deliveredFlush, onError: (err) => log.warn({ err }, 'delivered receipts were lost') },
  );
  const health = watchHealth(() => store.ping());
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
  const refusals = measureRefusals(registry);
  const rateLimits = createRateLimits(redisUrl, refusals, log);
  const doors = createDoors(spaces, refusals, log, config.tlsRequired);
  const guests: GuestParts = {
    accounts: store.accounts,
    users,
    passwords: createPasswords(),
    lifetimesOf: (space) => spaces.get(space)?.accounts,
    sign(space, user, expiresInMs) {
      const { active: _, ...person } = user;
      const signs = spaces.get(space);
      if (!signs) throw new Error(`no space ${space}`);
      const issuedAt = new Date();
      return {
        accessToken: mintToken(signs, { ...person, issuedAt, expiresInMs }),
        expiresAt: new Date(issuedAt.getTime() + expiresInMs),
      };
    },
    async attempt({ space, address }, name, email) {
      const { space: of } = doors.get(space) ?? {};
      return of ? rateLimits.take(of, guestCommands[name].limits, { address, account: email?.toLowerCase() }) : 0;
    },
  };
  const filing: FileParts = {
    files: createFiles(config.filesPath),
    uploads: store.uploads,
    linkOf,
    sniff,
    newId: randomUUID,
    limitsOf: (space) => spaces.get(space)?.files ?? { bytesMax: limits.fileBytesMax, quotaBytesMax: 0 },
  };
  let sweeping: NodeJS.Timeout | undefined;
  return {
    filing,
    links,
    registry,
    tracing,
    doors,
    parts,
    guests,
    health,
    migrate: () => store.migrate(),
    async start() {
      store.search.startIndexing();
      store.retention.start(retentionIn(spaces));
      await rateLimits.start();
      sweeping = setInterval(() => inBackground(log, 'sweep files', sweepFiles(filing)), sweepEveryMs);
      await presence.start();
      await fanout.start();
    },
    /** In the order in which they need each other: what is still to be told needs the store and the fan-out. */
    async close() {
      clearInterval(sweeping);
      health.close();
      await delivered.close();
      await presence.close();
      rateLimits.close();
      await fanout.close();
      await store.close();
      await tracing?.close();
    },
  };
}
