/**
 * Engine.IO 4 and Socket.IO 5 as text, written by hand: what a load generator needs of them and no more. Runs in Node
 * and in k6 alike, so it imports nothing. One WebSocket, one namespace (`/`), no binary packets.
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
} as const;
export type Packet = (typeof packets)[keyof typeof packets];

/** The answer to a ping. Without it the server cuts the connection after `pingInterval + pingTimeout`. */
export const pong = '3';

export const path = '/socket.io/?EIO=4&transport=websocket';

/** @returns `undefined` for a frame that this codec does not speak (binary, polling, another namespace). */
export function packetOf(frame: string): Packet | undefined {
  const head = frame.charAt(0) === '4' ? frame.slice(0, 2) : frame.charAt(0);
  return head in packets ? packets[head as keyof typeof packets] : undefined;
}

/** Enters the namespace; `auth` is what the server finds in `handshake.auth`. */
export function connectFrame(auth: object): string {
  return `40${JSON.stringify(auth)}`;
}

/** An event that asks for an answer under this number. */
export function eventFrame(id: number, name: string, payload: object): string {
  return `42${id}${JSON.stringify([name, payload])}`;
}

/** How every event of this name begins, when it asks for no answer. */
export function eventHead(name: string): string {
  return `42${JSON.stringify([name]).slice(0, -1)},`;
}

/** The number that an `answer` belongs to, and the position at which its JSON begins. */
export function answerOf(frame: string): { id: number; at: number } {
  const at = frame.indexOf('[', 2);
  return { id: Number(frame.slice(2, at)), at };
}

/** The payload of an `answer`, an `event`, a `connected` or a `refused`: for the few frames that are worth parsing. */
export function payloadOf(frame: string): unknown {
  const open = frame.slice(2).search(/[[{]/);
  return open < 0 ? undefined : JSON.parse(frame.slice(2 + open));
}
