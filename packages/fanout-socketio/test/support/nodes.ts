import { createServer } from 'node:http';
import {
  type ConversationFacts,
  membersChanged,
  messageChanged,
  messageCreated,
  receiptAdvanced,
  type Telling,
  type Written,
} from '@parley/core';
import { createLogger, createMetrics, type Registry } from '@parley/node-kit';
import {
  conversationId,
  type EventName,
  limits,
  type Message,
  type Payload,
  type Role,
  staffId,
} from '@parley/protocol';
import { createMemoryDirectory, createMemoryImportedIds, freePort, type MemoryLog, next, until } from '@parley/testkit';
import { Server } from 'socket.io';
import { io as connect, type Socket as ClientSocket } from 'socket.io-client';
import { createFanout, type FanoutOptions, type SocketFanout } from '../../src/index.ts';

export type Node = {
  fanout: SocketFanout;
  io: Server;
  url: string;
  /** The sum of a counter over the labels that are not named. */
  count(name: string, labels?: Record<string, string>): Promise<number>;
  close(): Promise<void>;
};

export type Client = {
  socket: ClientSocket;
  /** How `enter` answered. */
  joined: string;
  /** The payloads of the events of one name, in the order in which they came. */
  heard<N extends EventName>(name: N): Payload<N>[];
  /** The messages of one conversation, in the order in which they came. */
  seqs(no: number): number[];
};

type Settings = Pick<FanoutOptions, 'redisUrl' | 'nets' | 'tailEveryMs' | 'onTalkForgotten' | 'onPairNewsMissed'> & {
  log: MemoryLog;
  prefix: string;
};

const space = 'main';
const logger = createLogger({ nodeId: 'test', slot: 't1', logLevel: 'silent' });

/** A node with a server of its own. Its sockets say who they are and which groups they are in, and become ready. */
export async function startNode(nodeId: string, { prefix, ...settings }: Settings): Promise<Node> {
  const { log } = settings;
  const http = createServer();
  const io = new Server(http, { serveClient: false });
  const { registry } = createMetrics();
  const fanout = createFanout({
    io,
    nodeId,
    logger,
    registry,
    directory: createMemoryDirectory(),
    importedIds: createMemoryImportedIds(),
    keyPrefix: prefix,
    ...settings,
  });
  io.on('connection', (socket) => {
    const { userId, role, groups, unseeded } = socket.handshake.auth as ClientOptions & {
      userId: string;
      role: Role;
      groups: number[];
    };
    const seed = () => fanout.seed(socket, log.inboxOf(userId).slice(0, limits.headsMax));
    const becomeReady = async () => {
      const joined = await fanout.enter(socket, { space, userId, role, dialect: 'native' }, groups);
      fanout.seedStaff(socket, log.inboxOf(staffId));
      if (!unseeded) seed();
      socket.emit('ready', joined);
    };
    void becomeReady();
    socket.on('seed', seed);
    socket.on('open', (no: number, answer: (joined: string) => void) => void fanout.open(socket, no).then(answer));
  });
  await fanout.start();
  const port = await freePort();
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  return {
    fanout,
    io,
    url: `http://127.0.0.1:${port}`,
    count: (name, labels = {}) => countOf(registry, name, labels),
    async close() {
      await fanout.close();
      await io.close();
    },
  };
}

type ClientOptions = {
  groups?: number[];
  transports?: string[];
  reconnection?: boolean;
  role?: Role;
  /** Enters, and is seeded only when the client says `seed`. */
  unseeded?: boolean;
};

/** A session that is ready. */
export async function startClient(node: Node, userId: string, options: ClientOptions = {}): Promise<Client> {
  const { role = 'user', groups = [], transports = ['websocket'], reconnection = false, unseeded = false } = options;
  const auth = { userId, role, groups, unseeded };
  const socket = connect(node.url, { auth, transports, forceNew: true, reconnection });
  const all: { name: string; payload: unknown }[] = [];
  socket.onAny((name: string, payload: unknown) => void all.push({ name, payload }));
  const joined = await next<string>(socket, 'ready');
  const heard = <N extends EventName>(name: N) =>
    all.filter((event) => event.name === name).map(({ payload }) => payload as Payload<N>);
  const of = (no: number) => (message: Message) => message.conversationId === conversationId(no);
  return {
    socket,
    joined,
    heard,
    seqs: (no) =>
      heard('message.created')
        .filter(of(no))
        .map(({ seq }) => seq),
  };
}

type Stored = Written & { conversation: ConversationFacts };

function createdToAll(appended: Stored): Telling[] {
  return messageCreated({ ...appended, duplicate: false, epoch: 'first' });
}

function only([telling, ...others]: Telling[]): Telling {
  if (!telling || others.length > 0) throw new Error('this is told in more than one way');
  return telling;
}

/** The names of use-cases' rules, with what a log in memory answers. */
export const tellings = {
  created: (appended: Stored) => only(createdToAll(appended)),
  /** What the staff say is told in two ways. */
  createdToAll,
  edited: (edited: Stored & { rev: number }) => only(messageChanged({ ...edited, changed: true })),
  received: receiptAdvanced,
  members: membersChanged,
};

/** 1, 2 … n. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

export function untilHeard(client: Client, no: number, n: number, withinMs = 5_000): Promise<unknown> {
  return until(() => client.seqs(no).length >= n, { withinMs, what: `${n} messages of conversation ${no} heard` });
}

async function countOf(registry: Registry, name: string, labels: Record<string, string>): Promise<number> {
  const metric = await registry.getSingleMetric(`parley_fanout_${name}`)?.get();
  return (metric?.values ?? [])
    .filter((value) => Object.entries(labels).every(([label, wanted]) => value.labels[label] === wanted))
    .reduce((sum, { value }) => sum + value, 0);
}
