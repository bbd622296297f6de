/**
 * A Socket.IO client for load generators: small, without dependencies, over any WebSocket. k6 and Node open theirs in
 * `open-k6.ts` and `open-node.ts`; `README.md` shows both.
 */
import { putBack, takeOut } from './binary.ts';
import {
  answerFrame,
  connectFrame,
  defaultPath,
  disconnectFrame,
  eventFrame,
  type Head,
  headOf,
  payloadOf,
  pong,
  socketUrl,
} from './wire.ts';

/** A WebSocket that is opening or open. */
export type Wire = { send(data: string | ArrayBuffer): void; close(): void };
export type WireHears = {
  /** One frame, and when it was read, in ms since 1970. */
  frame(data: string | ArrayBuffer, atMs: number): void;
  /** It ended, or never opened. Once. A server that refused it may have said how long to stay away. */
  closed(reason: string, retryAfterMs?: number): void;
};
export type OpenWire = (url: string, hears: WireHears) => Wire;

export type SocketOptions = {
  /** The base URL of the server: `http://127.0.0.1:8080`. */
  url: string;
  open: OpenWire;
  path?: string;
  /** One for each connection: `/` or `/admin`. */
  namespace?: string;
  /** What the server finds in `handshake.auth`; asked for at every connection. */
  auth?: () => object;
  /** What the server finds in `handshake.query`; asked for at every connection. */
  query?: () => Readonly<Record<string, string>>;
  /** `undefined`: what ended stays ended. */
  reconnect?: Backoff | undefined;
  /** A connection that is not in its namespace by then is given up. */
  connectMs?: number;
  /** From 0 to 1; `Math.random` by default. */
  random?: () => number;
};

/**
 * A random time between a quarter of `firstMs`, which doubles with each failure up to `maxMs`, and all of it. Whoever is
 * told when to come waits that long, and a random part of `firstMs`.
 */
export type Backoff = { firstMs: number; maxMs: number };

export type SocketHears = {
  /** In the namespace. Also after each reconnection. `sid` is what the server calls this socket (its `socket.id`). */
  connected?(sid: string): void;
  /** Every event that `raw` did not take. `answer` is there when the server asks for one. */
  event?(name: string, args: unknown[], atMs: number, answer: ((...args: unknown[]) => void) | undefined): void;
  /** Sees each text frame before anything is parsed. @returns true when it needs nothing more */
  raw?(frame: string, atMs: number): boolean;
  /** The server refused the namespace; it is not tried again. */
  refused?(error: unknown): void;
  /** Ended, for good unless `again`, the wait until the next try in ms. `README.md` lists the reasons. */
  disconnected?(reason: string, again: number | undefined): void;
};

/** `undefined` when the connection ended before the answer came: nobody knows what became of the question. */
export type Answered = (args: unknown[] | undefined, atMs: number) => void;

export type Socket = {
  readonly connected: boolean;
  /** Dropped while not connected. */
  emit(name: string, ...args: unknown[]): void;
  /** Asks for an answer; while not connected it is `undefined` at once. */
  ask(answered: Answered, name: string, ...args: unknown[]): void;
  /** Leaves the namespace and closes; nothing is heard afterwards, and no timer is left. */
  close(): void;
  /** Ends this connection and begins another one after `afterMs`, as if it had been cut. */
  renew(afterMs: number): void;
};

const connectMsDefault = 20_000;

export function openSocket(options: SocketOptions, hears: SocketHears): Socket {
  const { url, open, path = defaultPath, reconnect, random = Math.random } = options;
  const namespace = `/${options.namespace ?? ''}`.replace(/^\/{2,}/, '/');
  const asked = new Map<number, Answered>();
  let nextId = 0;
  let life: Life | undefined;
  let failures = 0;
  let ended = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  connect();
  return {
    get connected() {
      return life?.connected ?? false;
    },
    emit: (name, ...args) => void (life?.connected && send(life, [name, ...args])),
    ask(answered, name, ...args) {
      if (!life?.connected) return answered(undefined, Date.now());
      asked.set(nextId, answered);
      send(life, [name, ...args], nextId);
      nextId += 1;
    },
    close() {
      ended = true;
      clearTimeout(retry);
      const last = life;
      life = undefined;
      if (last) leave(last);
      forget();
    },
    renew(afterMs) {
      if (life) end(life, 'renewed', afterMs);
    },
  };

  function connect(): void {
    const own: Life = { wire: undefined, connected: false, alive: undefined, silenceMs: 0, partial: undefined };
    life = own;
    expect(own, options.connectMs ?? connectMsDefault, 'no connection in time');
    own.wire = open(socketUrl(url, path, options.query?.()), {
      frame(data, atMs) {
        if (own === life) heard(own, data, atMs);
      },
      closed(reason, retryAfterMs) {
        if (retryAfterMs === undefined || !reconnect) return end(own, reason);
        // The server paces those whom it refuses: they need not slow down by themselves.
        end(own, reason, retryAfterMs + random() * reconnect.firstMs);
      },
    });
  }

  function heard(own: Life, data: string | ArrayBuffer, atMs: number): void {
    if (typeof data !== 'string') return attached(own, data, atMs);
    if (own.connected && hears.raw?.(data, atMs)) return;
    const head = headOf(data);
    if (!head) return;
    if (head.attachments > 0) own.partial = { head, payload: payloadOf(data, head), taken: [] };
    else take(own, head, data, atMs);
  }

  function attached(own: Life, bytes: ArrayBuffer, atMs: number): void {
    const { partial } = own;
    if (!partial) return;
    partial.taken.push(bytes);
    if (partial.taken.length < partial.head.attachments) return;
    own.partial = undefined;
    deliver(own, partial.head, putBack(partial.payload, partial.taken), atMs);
  }

  function take(own: Life, head: Head, frame: string, atMs: number): void {
    switch (head.packet) {
      case 'open': {
        const { pingInterval = 25_000, pingTimeout = 20_000 } = payloadOf(frame, head) as Handshake;
        own.silenceMs = pingInterval + pingTimeout;
        return own.wire?.send(connectFrame(options.auth?.(), namespace));
      }
      case 'ping':
        expect(own, own.silenceMs, 'ping timeout');
        return own.wire?.send(pong);
      case 'close':
        return end(own, 'closed by the server');
      case 'noop':
        return;
      case 'connected':
      case 'disconnected':
      case 'event':
      case 'answer':
      case 'refused':
        if (head.namespace === namespace) deliver(own, head, payloadOf(frame, head), atMs);
    }
  }

  function deliver(own: Life, head: Head, payload: unknown, atMs: number): void {
    switch (head.packet) {
      case 'connected':
        own.connected = true;
        failures = 0;
        expect(own, own.silenceMs, 'ping timeout');
        return hears.connected?.((payload as { sid: string }).sid);
      case 'refused':
        ended = true;
        hears.refused?.(payload);
        return end(own, 'refused');
      case 'disconnected':
        // It wants this client gone: no client of Socket.IO comes back by itself, and none has to say goodbye.
        ended = true;
        own.connected = false;
        return end(own, 'disconnected by the server');
      case 'event': {
        const [name, ...args] = payload as [string, ...unknown[]];
        const { id } = head;
        const answer = id === undefined ? undefined : (...said: unknown[]) => write(own, answerFrame, said, id);
        return hears.event?.(name, args, atMs, answer);
      }
      case 'answer': {
        const answered = asked.get(head.id ?? -1);
        asked.delete(head.id ?? -1);
        return answered?.(payload as unknown[], atMs);
      }
      case 'open':
      case 'close':
      case 'ping':
      case 'noop':
    }
  }

  function send(own: Life, args: unknown[], id?: number): void {
    write(own, eventFrame, args, id);
  }

  function write(own: Life, frameOf: typeof eventFrame, args: unknown[], id: number | undefined): void {
    const taken: ArrayBuffer[] = [];
    const text = takeOut(args, taken) as unknown[];
    own.wire?.send(frameOf(text, { id, namespace, attachments: taken.length }));
    for (const bytes of taken) own.wire?.send(bytes);
  }

  /** Ends it unless this is called again within `ms`. */
  function expect(own: Life, ms: number, otherwise: string): void {
    clearTimeout(own.alive);
    own.alive = setTimeout(() => end(own, otherwise), ms);
  }

  function end(own: Life, reason: string, afterMs?: number): void {
    clearTimeout(own.alive);
    if (own !== life) return;
    life = undefined;
    leave(own);
    const again = ended || !reconnect ? undefined : (afterMs ?? returnMs(reconnect));
    if (again !== undefined) retry = setTimeout(connect, again);
    failures += 1;
    hears.disconnected?.(reason, again);
    forget();
  }

  function returnMs({ firstMs, maxMs }: Backoff): number {
    return (0.25 + 0.75 * random()) * Math.min(firstMs * 2 ** failures, maxMs);
  }

  function leave(own: Life): void {
    clearTimeout(own.alive);
    if (own.connected) own.wire?.send(disconnectFrame(namespace));
    own.connected = false;
    own.wire?.close();
  }

  /** After `disconnected`: who hears that nobody knows the answer knows already that there is no connection. */
  function forget(): void {
    const open = [...asked.values()];
    asked.clear();
    for (const answered of open) answered(undefined, Date.now());
  }
}

/** One connection of a socket that may have many, one after the other. */
type Life = {
  wire: Wire | undefined;
  connected: boolean;
  alive: ReturnType<typeof setTimeout> | undefined;
  silenceMs: number;
  /** A packet whose binary frames are not all here yet. */
  partial: { head: Head; payload: unknown; taken: ArrayBuffer[] } | undefined;
};

type Handshake = { pingInterval?: number; pingTimeout?: number };
