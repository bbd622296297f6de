import type { Directory, Fanout, ImportedIds, Log, Telling } from '@parley/core';
import { type Dialect, native } from '@parley/dialects';
import { inBackground, type Logger, type Registry, type Tracing, wallClockMs } from '@parley/node-kit';
import { type ClosingCode, type Conversation, nothingMore } from '@parley/protocol';
import { createShardedAdapter } from '@socket.io/redis-adapter';
import type { Server, Socket } from 'socket.io';
import { holdAnswers } from './answers.ts';
import { createAlone } from './alone.ts';
import { createArrivals, type Joined } from './arrivals.ts';
import { endSession, isClosingCode } from './closing.ts';
import { createDeliveries } from './deliveries.ts';
import { createDepartures } from './departures.ts';
import { createDescriptions } from './descriptions.ts';
import { type Frame, framesOf, hintOf } from './frame.ts';
import { createHeads } from './heads.ts';
import { heardIn } from './heard-in.ts';
import { createHops } from './hops.ts';
import { limits } from './limits.ts';
import { type ComeIn, createListeners, type Listener, voiceOf, type Who } from './listeners.ts';
import { createFanoutMetrics } from './metrics.ts';
import { packetsOf } from './packet.ts';
import { createLooking } from './looking.ts';
import { createRedisLink } from './redis-link.ts';
import { createQuestions, type Said } from './repairs.ts';
import { createResync, type Trouble } from './resync.ts';
import { everyNode, inboxRoom } from './rooms.ts';
import { createSequencer } from './sequencer.ts';
import { createSlowClients } from './slow-clients.ts';
import { createPairNews, type PairHearing } from './pair-news.ts';
import { subjectOf } from './subject.ts';
import { createTail } from './tail.ts';
import { isFrom, read, writeClosing, writeFrames } from './wire.ts';

export type FanoutOptions = PairHearing & {
  /** Entered sockets hear what is told. On a node without sockets it never listens, and serves to tell. */
  io: Server;
  redisUrl: string;
  nodeId: string;
  /** The port to the log, for repair. */
  log: Log;
  logger: Logger;
  registry: Registry;
  tracing?: Tracing | undefined;
  /** Asked only for dialects that say more than ids. */
  directory: Directory;
  /** Asked only of conversations that a product brought with it. */
  importedIds: ImportedIds;
  /** Put before every channel: pub/sub knows no databases. */
  keyPrefix?: string;
  /** Which dialects the clients of a space speak. */
  dialectsOf?: (space: string) => readonly Dialect[];
  /** Tests switch single nets off, and hurry the tail. */
  nets?: { hold?: boolean; tail?: boolean; resync?: boolean };
  tailEveryMs?: number;
};

export type SocketFanout = ReturnType<typeof createFanout>;

/** Tells connected clients over Socket.IO, on every node. */
export function createFanout(options: FanoutOptions) {
  const { io, nodeId, log, logger } = options;
  const dialectsOf = options.dialectsOf ?? (() => [native]);
  const nets = { hold: true, tail: true, resync: true, ...options.nets };
  const channelPrefix = `${options.keyPrefix ?? ''}parley`;
  const metrics = createFanoutMetrics(options.registry);
  const listeners = createListeners(io, dialectsOf);
  const unlooked = createLooking(io, nodeId, listeners);
  const descriptions = createDescriptions(options, dialectsOf);
  const slowClients = createSlowClients(listeners, metrics, logger);
  const deliveries = createDeliveries((conn) => slowClients.check(conn));
  const questions = createQuestions(log, (...told) => descriptions.learn(...told));
  const heads = createHeads(tellRoom);
  const hops = createHops(metrics, options.tracing);
  const link = createRedisLink(
    { redisUrl: options.redisUrl, nodeId, channelPrefix, logger, metrics },
    {
      onMessage: receive,
      onMissed(rooms) {
        resync.repair('redis', rooms);
        if (rooms.includes(everyNode)) options.onPairNewsMissed?.();
      },
    },
  );
  const shared = { listeners, questions, heads, tell: tellRoom, emitTo, encode, metrics, logger };
  const isRedisAway = () => link.isAway();
  const alone = createAlone(shared);
  const departures = createDepartures({ ...shared, alone });
  const comeIn: ComeIn = (...given) => arrivals.comeIn(...given);
  const sequencer = createSequencer({ ...shared, departures, comeIn, emit, isRedisAway, holdNet: nets.hold });
  const arrivals = createArrivals({ ...shared, alone, departures, sequencer, link });
  const resync = createResync({ ...shared, sequencer, enabled: nets.resync });
  const tail = createTail({
    ...shared,
    log,
    sequencer,
    arrivals,
    enabled: nets.tail,
    everyMs: options.tailEveryMs ?? limits.tailEveryMs,
    onTrouble: (trouble) => resync.repair(trouble),
  });
  const waiting: { telling: Telling; at: number }[] = [];
  const oldest: { local: number | undefined; remote: number | undefined } = { local: undefined, remote: undefined };
  let scheduled = false;

  const { adapterPublisher, adapterSubscriber } = link;
  io.adapter(createShardedAdapter(adapterPublisher, adapterSubscriber, { channelPrefix, subscriptionMode: 'dynamic' }));
  listeners.onEmpty((room) => sequencer.forget(room));

  // Once per tick: the acknowledgement of a command leaves before its event, and a batch of commits becomes one write
  // per socket and one publish per room.
  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    const byRoom = new Map<string, Frame[]>();
    for (const { telling, at } of waiting.splice(0)) {
      oldest.local ??= at;
      try {
        const { space } = telling.audience;
        const about = descriptions.recall(space, telling);
        if (!about) {
          inBackground(logger, 'fanout.describe', tellLater(telling, at));
          continue;
        }
        for (const { room, frame: untimed } of framesOf(telling, dialectsOf(space), about)) {
          const frame = telling.hops ? hops.stamped(untimed, telling.hops) : untimed;
          hear(room, frame);
          const frames = byRoom.get(room);
          if (frames) frames.push(frame);
          else byRoom.set(room, [frame]);
        }
      } catch (err) {
        logger.error({ err, event: telling.name }, 'an event could not be told');
      }
    }
    scheduled = false;
    deliver();
    const now = wallClockMs();
    hops.publishing(now);
    const messages = [...byRoom].map(([room, frames]) => ({ room, message: writeFrames(nodeId, now, frames) }));
    if (messages.length > 0) link.publish(messages);
  }

  /** Its place in the order is kept by the sequencer; what cannot be told is found by the tail. */
  async function tellLater(telling: Telling, at: number): Promise<void> {
    await descriptions.learnOf(telling.audience.space, telling);
    waiting.push({ telling, at });
    schedule();
  }

  function deliver(): void {
    const { packets, writes } = deliveries.flush();
    const now = wallClockMs();
    for (const from of ['local', 'remote'] as const) {
      const at = oldest[from];
      if (at !== undefined && writes > 0) metrics.tellSeconds.observe({ from }, Math.max(0, now - at) / 1000);
      oldest[from] = undefined;
    }
    hops.written(now);
    if (writes === 0) return;
    metrics.deliveries.inc(packets);
    metrics.writes.inc(writes);
  }

  /** A frame has come to this node, from itself or from another. */
  function hear(room: string, frame: Frame): void {
    if (frame.kind === 'seq' || frame.kind === 'rev') return sequencer.offer(room, frame);
    if (!listeners.has(room)) return;
    if (frame.kind === 'leave') return arrivals.left(room, frame);
    sequencer.hint(room, frame);
    if (frame.kind === 'join') arrivals.came(room, frame);
  }

  function emit(room: string, frame: Frame, newcomers?: ReadonlyMap<Listener, Frame[]>): void {
    hops.emitted(frame);
    listeners.each(room, (listener) => {
      const waiting = newcomers?.get(listener);
      if (!waiting) add(listener, frame);
      else if (waiting.length <= limits.newcomerFramesMax) waiting.push(frame);
    });
    schedule();
  }

  function emitTo(listener: Listener, frame: Frame): void {
    add(listener, frame);
    schedule();
  }

  function add(listener: Listener, frame: Frame): void {
    if (frame.no !== 0) listener.onHeard?.(frame.no, frame.kind);
    const voice = voiceOf(listener, frame);
    for (const packet of frame.packets) if (packet.voice === voice) deliveries.add(listener, packet);
  }

  function encode(room: string, said: Said): Frame | undefined {
    const [listener] = listeners.in(room);
    if (!listener) return undefined;
    const { space } = listener;
    const repair = heardIn(room, space, said);
    const about = descriptions.recall(space, repair) ?? nothingMore;
    const packets = packetsOf(dialectsOf(space), repair.name, repair.payload, about);
    return hintOf(packets, subjectOf(repair, dialectsOf(space)));
  }

  function tellRoom(room: string, repair: Said): void {
    const frame = encode(room, repair);
    if (frame) sequencer.hint(room, frame);
  }

  function receive(room: string, message: Buffer): void {
    if (isFrom(message, nodeId)) return;
    metrics.heard.inc();
    try {
      const heard = read(message);
      if (heard.type === 'closing') return endAll(room, heard.code);
      oldest.remote ??= heard.toldAt;
      for (const frame of heard.frames) {
        hops.heard(frame);
        hear(room, frame);
      }
    } catch (err) {
      metrics.dropped.inc({ why: 'unreadable' });
      logger.warn({ err, room }, 'a message of another node cannot be read');
    }
  }

  function endAll(room: string, code: string): void {
    if (!isClosingCode(code)) return;
    deliver();
    for (const { socket } of listeners.in(room)) endSession(socket, code);
  }

  return {
    tell(telling: Telling): void {
      metrics.told.inc({ event: telling.name });
      waiting.push({ telling, at: wallClockMs() });
      schedule();
    },
    endSessions(space: string, userId: string, code: ClosingCode): void {
      const room = inboxRoom(space, userId);
      endAll(room, code);
      link.publish([{ room, message: writeClosing(nodeId, code) }]);
    },
    ...createPairNews(io, options),
    async enter(socket: Socket, who: Who, groupNos: readonly number[]): Promise<Joined> {
      if (!listeners.of(socket)) holdAnswers(listeners.add(socket, who), deliveries, schedule);
      const [joined] = await Promise.all([arrivals.enter(socket, who, groupNos), tail.awake()]);
      return joined;
    },
    open: (socket: Socket, no: number): Promise<Joined> => arrivals.open(socket, no),
    /** Whether a socket looks at a conversation: some dialects say then what they otherwise only hint at. */
    look(socket: Socket, no: number, looks: boolean): void {
      const viewing = listeners.of(socket)?.viewing;
      if (looks) viewing?.add(no);
      else viewing?.delete(no);
    },
    /** Those at which no device of their user looks, on whichever node; after a moment. */
    unlooked,
    /** Calls back with the number of each conversation that an entered socket hears of. */
    onHeard(socket: Socket, hear: NonNullable<Listener['onHeard']>): void {
      const listener = listeners.of(socket);
      if (listener) listener.onHeard = hear;
    },
    areStill: (socket: Socket, groups: readonly Conversation[]): Promise<boolean> => arrivals.areStill(socket, groups),
    /** Where the support threads stand that a member of the staff hears of; see `seed`. */
    seedStaff: (socket: Socket, threads: readonly Conversation[]): void => arrivals.seedStaff(socket, threads),
    seed: (socket: Socket, conversations: readonly Conversation[]): void => arrivals.seed(socket, conversations),
    /** Something was missed that nobody can name: compares everything local with the log, in the background. */
    repairAll: (trouble: Trouble): void => resync.repair(trouble),
    /** Answers at once, also while Redis or the log is away. */
    async start(): Promise<void> {
      if (deflates(io)) throw new Error('perMessageDeflate must stay off: a frame is made once, for every socket');
      tail.start();
      slowClients.start();
    },
    /** Tells what waits, and goes. */
    async close(): Promise<void> {
      flush();
      tail.close();
      resync.close();
      slowClients.close();
      sequencer.close();
      link.close();
    },
  } satisfies Fanout & Record<string, unknown>;
}

/** A server that never listens has no engine. */
function deflates(io: Server): boolean {
  const engine: Server['engine'] | undefined = io.engine;
  return Boolean(engine?.opts.perMessageDeflate);
}
