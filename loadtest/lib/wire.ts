/**
 * Engine.IO 4 and Socket.IO 5 as frames of a WebSocket, by hand. Runs in Node and in k6 alike, so it imports nothing.
 * Binary values are in `binary.ts`, what a whole client does in `socket.ts`.
 */

/** What the first characters of a frame say. */
export const packets = {
  '0': 'open',
  '1': 'close',
  '2': 'ping',
  '6': 'noop',
  '40': 'connected',
  '41': 'disconnected',
  '42': 'event',
  '43': 'answer',
  '44': 'refused',
  '45': 'event',
  '46': 'answer',
} as const;
export type Packet = (typeof packets)[keyof typeof packets];

/** The answer to a ping. Without it the server cuts the connection after `pingInterval + pingTimeout`. */
export const pong = '3';

/** Where a server listens unless it says otherwise. */
export const defaultPath = '/socket.io/';
export const query = '?EIO=4&transport=websocket';

/**
 * The WebSocket of a base URL: `https://chat.example` → `wss://chat.example/socket.io/?EIO=4&transport=websocket`.
 * A path begins and ends with a slash on the wire, whether it is written so or not, as everywhere in Socket.IO.
 */
export function socketUrl(baseUrl: string, path = defaultPath, own: Readonly<Record<string, string>> = {}): string {
  // By hand, because k6 has no URLSearchParams.
  const more = Object.entries(own).map(([key, value]) => `&${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  const at = `/${path}/`.replaceAll(/\/{2,}/g, '/');
  return `${baseUrl.replace(/^http/, 'ws').replace(/\/$/, '')}${at}${query}${more.join('')}`;
}

/** What stands before a packet's JSON, which begins at `at` (the length of the frame where there is none). */
export type Head = {
  packet: Packet;
  namespace: string;
  /** Of an event that asks for an answer, and of the answer. */
  id: number | undefined;
  /** Binary frames that follow, each the value of a placeholder. */
  attachments: number;
  at: number;
};

/** @returns `undefined` for a frame that no client is sent over a WebSocket */
export function headOf(frame: string): Head | undefined {
  const message = frame.charAt(0) === '4';
  const mark = message ? frame.slice(0, 2) : frame.charAt(0);
  if (!(mark in packets)) return undefined;
  const packet = packets[mark as keyof typeof packets];
  if (!message) return { packet, namespace: '/', id: undefined, attachments: 0, at: 1 };
  const counted = mark === '45' || mark === '46';
  const dash = counted ? frame.indexOf('-', 2) : 1;
  let at = dash + 1;
  let namespace = '/';
  if (frame.charAt(at) === '/') {
    const comma = frame.indexOf(',', at);
    const end = comma < 0 ? frame.length : comma;
    namespace = frame.slice(at, end);
    at = Math.min(end + 1, frame.length);
  }
  const first = at;
  while (isDigit(frame.charCodeAt(at))) at += 1;
  const id = at === first ? undefined : Number(frame.slice(first, at));
  return { packet, namespace, id, attachments: counted ? Number(frame.slice(2, dash)) : 0, at };
}

const isDigit = (code: number): boolean => code >= 48 && code <= 57;

/** The JSON of a frame: `[name, …]` of an event, `[…]` of an answer, an object of the others. */
export function payloadOf(frame: string, { at }: Head): unknown {
  return at < frame.length ? JSON.parse(frame.slice(at)) : undefined;
}

/** Enters a namespace; `auth` is what the server finds in `handshake.auth`. */
export function connectFrame(auth?: object, namespace = '/'): string {
  return `40${prefix(namespace)}${auth ? JSON.stringify(auth) : ''}`;
}

export function disconnectFrame(namespace = '/'): string {
  return `41${prefix(namespace)}`;
}

type Where = { id?: number | undefined; namespace?: string; attachments?: number };

/** `args` begins with the event's name. With an `id` it asks for an answer under this number. */
export function eventFrame(args: readonly unknown[], { id, namespace = '/', attachments = 0 }: Where = {}): string {
  const mark = attachments > 0 ? `45${attachments}-` : '42';
  return `${mark}${prefix(namespace)}${id ?? ''}${JSON.stringify(args)}`;
}

/** Answers the event that asked under this number. */
export function answerFrame(args: readonly unknown[], { id, namespace = '/', attachments = 0 }: Where = {}): string {
  const mark = attachments > 0 ? `46${attachments}-` : '43';
  return `${mark}${prefix(namespace)}${id ?? ''}${JSON.stringify(args)}`;
}

/** How every event of this name begins, when it asks for no answer: what need not be parsed to be known. */
export function eventHead(name: string, namespace = '/'): string {
  return `42${prefix(namespace)}${JSON.stringify([name]).slice(0, -1)}`;
}

const prefix = (namespace: string): string => (namespace === '/' ? '' : `${namespace},`);
