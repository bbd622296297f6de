import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type Socket } from 'socket.io';
import { inTimeMs, judgingAll, type Plan, type Seat } from '../scenarios/plan.ts';
import { scenarios } from '../scenarios/table.ts';

/** What it does to the message with this number, at one of its members. */
export type Fault =
  | 'none'
  /** Acknowledged, pushed to nobody at that member's, and not in their log either. */
  | 'loses'
  /** Not pushed to that member; the log has it. */
  | 'skips'
  | 'doubles'
  /** After the one that follows. */
  | 'reorders'
  /** Stored twice, under two numbers. */
  | 'stores twice'
  /** Everybody, as a killed node does, and their answers with them. */
  | 'cuts'
  /** The same, and says that they are too far behind to be told everything at once. */
  | 'cuts and limits'
  /** Answers late from then on, whoever sends. */
  | 'lags'
  /** Never answers when that member asks what it lacks. */
  | 'mutes'
  /** Sends that member an event that no client can read. */
  | 'babbles'
  /** Each once, before it is let in. */
  | 'turns away';

type Message = { seq: number; conversationId: string; senderId: string; clientId: string; body: string };
type Send = Pick<Message, 'conversationId' | 'clientId' | 'body'>;
type Page = { conversationId: string; afterSeq: number };
type Cursor = { id: string; seq: number; rev: number };

/** Three users to a conversation: `u0`, `u1`, `u2` are in `c0`. */
const conversationOf = (userId: string): string => `c${Math.floor(Number(userId.slice(1)) / 3)}`;
/** Whom it wrongs, and which message of their conversation. */
const victim = 'u1';
const wronged = 4;
const people = 6;

/** Six people in two conversations who say twenty messages, at such a server. */
export function smallCrowd(url: string): { plan: Plan; seats: Seat[] } {
  const size = { clients: people, roomSize: 3, connectSeconds: 0, steps: [{ seconds: 0.5, perSecond: 40 }], vus: 1 };
  // Without those on time: they judge the machine.
  const { parley_ack_ms: _ack, parley_delivery_ms: _delivery, ...thresholds } = scenarios.smoke.thresholds;
  const seats = Array.from({ length: size.clients }, (_, sender): Seat => {
    const userId = `u${sender}`;
    return { sender, userId, token: userId, conversationId: conversationOf(userId), peerIds: [] };
  });
  return {
    plan: { scenario: 'smoke', contract: 'native', url, size, habits: {}, thresholds: judgingAll(thresholds, size) },
    seats,
  };
}

/** The native contract as far as a crowd speaks it, with one fault on purpose. */
export async function startFaultyServer(fault: Fault) {
  const logs = new Map<string, Message[]>();
  const http = createServer();
  let turnedAway = 0;
  const io = new Server(http, {
    allowRequest(_request, answer) {
      const isFull = fault === 'turns away' && turnedAway < people;
      turnedAway += isFull ? 1 : 0;
      answer(isFull ? 'full' : undefined, !isFull);
    },
  });
  io.on('connection', (socket) => accept(socket));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    close: () => io.close(),
  };

  function accept(socket: Socket): void {
    const userId = String(socket.handshake.auth['token']);
    let held: Message | undefined;
    socket.data = {
      push(message: Message): void {
        const here = userId === victim && message.seq === wronged ? fault : 'none';
        if (here === 'loses' || here === 'skips') return;
        if (here === 'babbles') socket.emit('presence.changed', null);
        if (here === 'reorders') return void (held = message);
        socket.emit('message.created', message);
        if (here === 'doubles') socket.emit('message.created', message);
        if (held) socket.emit('message.created', held);
        held = undefined;
      },
    };
    socket.on('message.send', (send: Send, answer: (answer: object) => void) => {
      const known = logOf(send.conversationId).find(({ clientId }) => clientId === send.clientId);
      const message = known ?? store(userId, send);
      const answered = (): void => answer({ ok: true, seq: message.seq, duplicate: known !== undefined });
      if (fault === 'lags' && message.seq > wronged) setTimeout(answered, 2 * inTimeMs);
      else answered();
    });
    socket.on('history.page', ({ conversationId, afterSeq }: Page, answer: (answer: object) => void) => {
      // Shorter than asked for: whoever wants the rest asks again.
      answer({
        ok: true,
        messages: logOf(conversationId)
          .filter(({ seq }) => seq > afterSeq)
          .slice(0, 2),
      });
    });
    socket.on('sync', ({ conversations }: { conversations: Cursor[] }, answer: (answer: object) => void) => {
      if (fault === 'mutes' && userId === victim) return;
      answer({ ok: true, epoch: 'e', conversations: conversations.map((cursor) => since(userId, cursor)) });
    });
    const id = conversationOf(userId);
    void socket.join(id);
    socket.emit('session.ready', { epoch: 'e', conversations: [{ id, lastSeq: logOf(id).length, rev: 0 }] });
  }

  function logOf(conversationId: string): Message[] {
    const log = logs.get(conversationId) ?? [];
    logs.set(conversationId, log);
    return log;
  }

  function store(senderId: string, send: Send): Message {
    const log = logOf(send.conversationId);
    const message = { ...send, seq: log.length + 1, senderId };
    log.push(message);
    for (const socket of io.sockets.sockets.values()) {
      if (!socket.rooms.has(send.conversationId)) continue;
      if (fault.startsWith('cuts') && message.seq === wronged) socket.conn.close();
      else (socket.data as Data).push(message);
    }
    if (fault === 'stores twice' && message.seq === wronged) store(senderId, send);
    return message;
  }

  function since(userId: string, { id, seq, rev }: Cursor): object {
    const log = logOf(id);
    const kept = log.filter((message) => !(fault === 'loses' && userId === victim && message.seq === wronged));
    const messages = kept.filter((message) => message.seq > seq);
    // A change that never was: the cursor is not of this log.
    const limited = rev > 0 || (fault === 'cuts and limits' && messages.length > 0);
    const shown = limited ? messages.slice(-1) : messages;
    return { id, status: limited ? 'limited' : 'ok', messages: shown, seq: log.length, rev: 0, more: false };
  }
}

type Data = { push(message: Message): void };
