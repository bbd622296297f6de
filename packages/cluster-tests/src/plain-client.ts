import { type Recorder, seenOf } from '@parley/cluster/recording';
import { randomUUID } from 'node:crypto';
import type { Answer, CommandName, EventName, Input, Message, Payload } from '@parley/protocol';
import { errors } from '@parley/protocol';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

type Options = {
  url: string;
  token: string;
  userId: string;
  name: string;
  /** Anything of Socket.IO's own; by default its defaults, but that it comes back quickly. */
  socket?: Partial<ManagerOptions & SocketOptions>;
};

/**
 * A stock Socket.IO client that takes events as they come and never looks at `seq`, as the clients of older products do.
 * It comes back by itself, and repairs nothing.
 */
export type PlainClient = {
  readonly socket: Socket;
  readonly name: string;
  readonly userId: string;
  /** Messages in the order in which they came, over all connections. */
  readonly heard: readonly Message[];
  /** When each message came first, by its id, on `performance.now()`. */
  readonly heardAt: ReadonlyMap<string, number>;
  /** The last `session.ready`. */
  readonly ready: Payload<'session.ready'> | undefined;
  /** @throws Error when no acknowledgement comes in time */
  call<N extends CommandName>(name: N, input: Input<N>): Promise<Answer<N>>;
  /** One try of a send, recorded. Resolves with the acknowledgement, or `undefined` when none came. */
  send(conversationId: string, body: string, clientId?: string): Promise<Answer<'message.send'> | undefined>;
  on<N extends EventName>(name: N, listener: (payload: Payload<N>) => void): void;
  close(): void;
};

const ackTimeoutMs = 5_000;
const impatient = { reconnectionDelay: 100, reconnectionDelayMax: 500, timeout: 5_000 };

export function plainClient(recorder: Recorder, options: Options): PlainClient {
  const { url, token, userId, name } = options;
  const socket = io(url, { forceNew: true, ...impatient, auth: { token, dialect: 'native' }, ...options.socket });
  const heard: Message[] = [];
  const heardAt = new Map<string, number>();
  let ready: Payload<'session.ready'> | undefined;
  let session = 0;
  let ended = () => {};

  socket.on('connect', () => {
    session += 1;
  });
  socket.on('session.ready', (payload: Payload<'session.ready'>) => {
    ready = payload;
    const heads = new Map(payload.conversations.map(({ id, lastSeq }) => [id, lastSeq]));
    ended = recorder.session({ client: name, userId, session, heads, whole: payload.next === undefined });
  });
  socket.on('disconnect', () => ended());
  socket.on('message.created', (message: Message) => {
    heard.push(message);
    if (!heardAt.has(message.id)) heardAt.set(message.id, performance.now());
    recorder.delivery({ ...seenOf(message), client: name, userId, session });
  });

  const call = async <N extends CommandName>(command: N, input: Input<N>): Promise<Answer<N>> =>
    (await socket.timeout(ackTimeoutMs).emitWithAck(command, input)) as Answer<N>;

  return {
    socket,
    name,
    userId,
    heard,
    heardAt,
    get ready() {
      return ready;
    },
    call,
    async send(conversationId, body, clientId = randomUUID()) {
      const end = recorder.send({ client: name, userId, session, conversationId, clientId, body });
      const answer = await call('message.send', { conversationId, clientId, body }).catch(() => undefined);
      if (answer?.ok) end({ type: 'ok', id: answer.id, seq: answer.seq, duplicate: answer.duplicate });
      else if (answer && errors[answer.error.code].kind === 'refused') end({ type: 'fail', code: answer.error.code });
      return answer;
    },
    on: (event, listener) => void socket.on<string>(event, listener),
    close: () => void socket.disconnect(),
  };
}
