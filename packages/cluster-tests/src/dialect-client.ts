import type { Recorder } from '@parley/cluster/recording';
import { setTimeout as pause } from 'node:timers/promises';
import {
  conversationId as idOfConversation,
  messageId,
  parseConversationId,
  parseMessageId,
  staffId,
} from '@parley/protocol';
import { until } from '@parley/testkit';
import { io, type Socket } from 'socket.io-client';
import type { Run } from './run.ts';

type Peer = { peerId: string; conversationId: string };
/** Who hears: themselves, and whom they talk with. */
type Self = { userId: string; peerId: string };
type Said = { id: string; senderId: string; body: string };

/** How a client of another contract talks with one peer: from its document, and from nothing of ours but what ids stand for. */
export type Tongue = {
  space: string;
  userIdOf?: (name: string, mark: string) => string;
  /** What the product does before two of its users may talk. */
  acquaint?: (run: Run, userA: string, userB: string) => Promise<unknown>;
  /** What a client says on each connection; what it hears before that is answered is not held to be whole. */
  greet: (socket: Socket, peer: Peer) => Promise<unknown>;
  send: (socket: Socket, peer: Peer, body: string) => void;
  /** The events that bring a message of somebody else, or of its user. */
  hears: Readonly<Record<string, (payload: Wire, self: Self) => Said>>;
  /** Users talk with a pool, and not with one another. */
  pool?: true;
};

const integerOf = ({ conversationId }: Peer) => 2 ** 30 + (parseConversationId(conversationId) ?? 0);
/** A message in whichever contract: each has some of these. */
type Row = { id: number | string; senderId?: number | string; content?: string; message?: string };
type Wire = Row & { data?: Row; isMine?: boolean };
const saidIn = ({ data, ...bare }: Wire): Said => {
  const { id, senderId, content, message } = data ?? bare;
  return { id: String(id), senderId: String(senderId), body: content ?? message ?? '' };
};

/** The pool is told who said it; a user is told no name at all, not even that of `agents`: one that came is nobody's. */
const saidInThread = (row: Wire, { userId, peerId }: Self): Said => {
  if (peerId !== staffId) return saidIn(row);
  const isNamed = 'senderId' in row || 'chatId' in row;
  return saidIn({ ...row, senderId: isNamed ? 'named' : row.isMine ? userId : staffId });
};

export const tongues: readonly Tongue[] = [
  {
    space: 'alien-fit',
    pool: true,
    greet: () => Promise.resolve(),
    send: (socket, { peerId }, content) =>
      socket.emit('chat:send', { content, ...(peerId !== staffId && { userId: peerId }) }),
    hears: { 'chat:message': saidInThread },
  },
  {
    space: 'direct-chat',
    userIdOf: (name, mark) => `${Number.parseInt(mark, 16) * 100 + Number(name)}`,
    greet: (socket, peer) => socket.emitWithAck('join_conversation', { conversationId: integerOf(peer) }),
    send: (socket, { peerId }, content) => socket.emit('send_message', { receiverId: Number(peerId), content }),
    hears: {
      new_message: ({ id, ...row }: Wire) => ({
        ...saidIn({ id, ...row }),
        id: messageId(Math.floor((Number(id) - 2 ** 52) / 2 ** 22), Number(id) % 2 ** 22),
      }),
    },
  },
  {
    space: 'tutor-go',
    acquaint: (run, userA, userB) => run.host('link.put', { userA, userB, kind: 'booking', status: 'confirmed' }),
    greet: () => Promise.resolve(),
    send: (socket, { peerId }, message) => socket.emit('send-message', { receiverId: peerId, message }),
    hears: { 'new-message': saidIn, 'message-sent': saidIn },
  },
  {
    space: 'trainer-chat',
    acquaint: (run, userA, userB) => run.host('link.put', { userA, userB, kind: 'assignment', status: 'confirmed' }),
    greet: (socket, { conversationId }) => socket.emitWithAck('joinConversation', { conversationId }),
    send: (socket, { conversationId, peerId }, content) =>
      socket.emit('sendMessage', { conversationId, receiverId: peerId, content }),
    hears: { newMessage: saidIn },
  },
  {
    space: 'precious-jewellery',
    greet: () => Promise.resolve(),
    send: (socket, { peerId }, message) => socket.emit('send_message', { receiverId: peerId, message }),
    hears: { new_message: saidIn, message_sent: saidIn },
  },
];

/** `followed` are the conversations of the run: a client of the pool hears those of others, too. */
type Who = { url: string; token: string; userId: string; name: string; followed: ReadonlySet<string> };

/** One user of another contract who talks with one peer. Comes back by itself, and repairs nothing. */
export function dialectClient(
  recorder: Recorder,
  { hears, greet, send }: Tongue,
  { url, token, userId, name, followed, ...peer }: Peer & Who,
) {
  const socket = io(url, { forceNew: true, auth: { token }, reconnectionDelay: 100, reconnectionDelayMax: 500 });
  const pending = new Map<string, { session: number; end: ReturnType<Recorder['send']> }>();
  let session = 0;
  let ended = () => {};
  let echoes = 0;
  let joined = 0;

  socket.on('connect', () => {
    session += 1;
    // Nothing tells it where a conversation stands: what it hears first is where its interval begins.
    const heads = new Map([...followed].map((id) => [id, Infinity] as const));
    ended = recorder.session({ client: name, userId, session, heads, whole: false });
    const greeted = session;
    void greet(socket, peer).then(() => (joined = greeted));
  });
  socket.on('disconnect', () => ended());
  for (const [event, read] of Object.entries(hears)) {
    socket.on(event, (payload: Wire) => {
      const { id, senderId, body } = read(payload, { userId, peerId: peer.peerId });
      const { no = 0, seq = 0 } = parseMessageId(id) ?? {};
      if (joined === session) {
        recorder.delivery({
          conversationId: idOfConversation(no),
          seq,
          id,
          senderId,
          body,
          client: name,
          userId,
          session,
        });
      }
      // A contract without acknowledgements: what comes back to its sender is stored.
      if (senderId !== userId) return;
      pending.get(body)?.end({ type: 'ok', id, seq, duplicate: false });
      if (pending.delete(body)) echoes += 1;
    });
  }

  return {
    socket,
    name,
    /** Own sends that came back. */
    echoes: () => echoes,
    /**
     * Says something twenty times a second until it is told to stop, and ends when it has come back; what is said while
     * there is no connection is not sent.
     */
    async talk(isOver: () => boolean): Promise<void> {
      for (let i = 0; !isOver(); i += 1) {
        await pause(50);
        if (!socket.connected || joined !== session) continue;
        const body = `${i} of ${name}`;
        const attempt = {
          client: name,
          userId,
          session,
          conversationId: peer.conversationId,
          clientId: undefined,
          body,
        };
        pending.set(body, { session, end: recorder.send(attempt) });
        send(socket, peer, body);
      }
      // What was said on this connection comes back; what was said on one that was cut may be lost, and nobody knows.
      const isQuiet = () => [...pending.values()].every((said) => said.session !== session);
      await until(isQuiet, { what: `all that ${name} said comes back`, withinMs: 10_000 });
    },
  };
}

export type DialectClient = ReturnType<typeof dialectClient>;
