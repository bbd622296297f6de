import type { Answer, CommandName, ErrorCode, EventName, Input, Output, Payload } from '@parley/protocol';
import { errors } from '@parley/protocol/errors';
import { io, type Socket } from 'socket.io-client';
import { errorOf, ParleyError } from './error.ts';
import type { Settings } from './options.ts';
import type { Timers } from './timers.ts';
import { transports } from './transports.ts';

export type Ready = Payload<'session.ready'>;
/** What concerns the connection itself, a link and its keeper handle; the rest is pushed on. */
export type PushName = Exclude<EventName, 'session.ready' | 'session.closing' | 'server.migrate'>;
export type PushTable = { [N in PushName]: (payload: Payload<N>) => void };

/** Why a connection is no more: what the server said last, what refused the handshake, or just that it broke. */
export type LinkEnd = {
  reason: string;
  closing?: Payload<'session.closing'>;
  refusal?: { code: ErrorCode; message: string; retryAfterMs?: number };
};

/** One connection, from its handshake to its end. It never comes back: the next one is another link. */
export type Link = {
  /** @throws ParleyError `outcome_unknown` when no answer came in time or the connection ended first */
  call<N extends CommandName>(name: N, input: Input<N>): Promise<Output<N>>;
  readonly inFlight: number;
  /** Ends it without a word to `onEnd`. */
  close(): void;
};

type Listeners = {
  onReady(ready: Ready): void;
  onPush<N extends PushName>(name: N, payload: Payload<N>): void;
  /** The node leaves: another session within this time, please. */
  onMigrate(afterMs: number): void;
  onEnd(end: LinkEnd): void;
};

/** The compiler keeps this complete. */
const pushNames = Object.keys({
  'message.created': true,
  'message.edited': true,
  'message.deleted': true,
  'reaction.changed': true,
  'receipt.advanced': true,
  'conversation.changed': true,
  'typing.changed': true,
  'viewing.changed': true,
  'notification.raised': true,
  'presence.changed': true,
  heads: true,
} satisfies Record<PushName, true>) as PushName[];

export function openLink(settings: Settings, token: string, timers: Timers, listeners: Listeners): Link {
  const socket: Socket = io(settings.url, {
    ...(settings.path !== undefined && { path: settings.path }),
    transports: settings.transports.map((name) => transports[name]),
    tryAllTransports: true,
    // Reconnecting is ours: a fresh token, the server's own delay, and a new session beside the old one.
    reconnection: false,
    forceNew: true,
    autoConnect: false,
    timeout: settings.connectTimeoutMs,
    auth: { token, dialect: 'native', migrates: true, ...(settings.notifications && { notifications: true }) },
  });
  let isOver = false;
  let inFlight = 0;
  let heardAt = 0;
  let closing: Payload<'session.closing'> | undefined;
  const stopWaiting = timers.after(settings.connectTimeoutMs, () => end({ reason: 'no session in time' }));

  function hangUp(): void {
    isOver = true;
    stopWaiting();
    socket.disconnect();
    // A refused handshake leaves the transport open.
    socket.io.engine?.close();
  }

  function end(why: LinkEnd): void {
    if (isOver) return;
    hangUp();
    listeners.onEnd({ ...why, ...(closing && { closing }) });
  }

  // Whatever comes counts, the server's heartbeat too.
  socket.io.on('open', () => socket.io.engine.on('packet', () => (heardAt = performance.now())));
  socket.on('session.ready', (ready: Ready) => {
    if (isOver) return;
    stopWaiting();
    listeners.onReady(ready);
  });
  for (const name of pushNames) socket.on(name, (payload) => isOver || listeners.onPush(name, payload));
  socket.on('server.migrate', ({ afterMs }: Payload<'server.migrate'>) => isOver || listeners.onMigrate(afterMs));
  socket.on('session.closing', (payload: Payload<'session.closing'>) => {
    closing = payload;
  });
  socket.on('connect_error', (error) => {
    const refusal = refusalOf(error);
    end({ reason: error.message, ...(refusal && { refusal }) });
  });
  socket.on('disconnect', (reason) => end({ reason }));
  socket.connect();

  return {
    async call(name, input) {
      if (isOver || !socket.connected) throw new ParleyError('offline', 'There is no connection; nothing was sent.');
      inFlight += 1;
      const askedAt = performance.now();
      try {
        const answer = await ask(socket, name, input, settings.commandTimeoutMs);
        if (!answer.ok) throw errorOf(answer.error);
        return outputOf(answer);
      } catch (error) {
        // Not only no answer: nothing at all. A node that is frozen or cut off leaves the connection open for as long
        // as its heartbeat may take; another node answers sooner.
        const isSilent = heardAt < askedAt && performance.now() - askedAt >= settings.commandTimeoutMs;
        if (isSilent) end({ reason: 'the node fell silent' });
        throw error;
      } finally {
        inFlight -= 1;
      }
    },
    get inFlight() {
      return inFlight;
    },
    close: hangUp,
  };
}

async function ask<N extends CommandName>(socket: Socket, name: N, input: Input<N>, ms: number): Promise<Answer<N>> {
  try {
    return (await socket.timeout(ms).emitWithAck(name, input)) as Answer<N>;
  } catch (cause) {
    throw new ParleyError('outcome_unknown', `No answer to ${name}: it may be done, or not.`, { cause });
  }
}

function outputOf<N extends CommandName>(answer: { ok: true } & Output<N>): Output<N> {
  const { ok: _, ...output } = answer;
  return output as Output<N>;
}

type Told = { code?: unknown; retryAfterMs?: unknown };

/** What a handshake was refused with. Anything else that keeps a connection away is the network's. */
function refusalOf(error: Error): LinkEnd['refusal'] {
  const { data, context } = error as { data?: Told; context?: { responseText?: unknown } };
  const told = data ?? toldBy(context?.responseText);
  if (typeof told?.code !== 'string' || !Object.hasOwn(errors, told.code)) return undefined;
  const retryAfterMs = typeof told.retryAfterMs === 'number' ? { retryAfterMs: told.retryAfterMs } : {};
  return { code: told.code as ErrorCode, message: error.message, ...retryAfterMs };
}

/** A request that was refused before there was a session: long-polling sees the answer, a WebSocket does not. */
function toldBy(text: unknown): Told | undefined {
  try {
    const { message, retryAfterMs } = JSON.parse(String(text)) as { message?: unknown; retryAfterMs?: unknown };
    return { code: message, retryAfterMs };
  } catch {
    return undefined;
  }
}
