import { integerBehind } from './bytes.ts';
import type { Outcome } from './client.ts';

/**
 * Centrifugo's JSON protocol, as much of it as the generator speaks: https://centrifugal.dev/docs/transports/client_protocol.
 * Both sides send JSON texts, one to a line; several lines may share a frame.
 */
export const path = '/connection/websocket';

/** Commands are numbered from 1 on: these two come first, then messages. */
const connectId = 1;
const subscribeId = 2;
const firstSendId = 3;

/** What a client says at once, without waiting for the answer to the first. */
export function enterCommands(channel: string): string {
  return `${JSON.stringify({ id: connectId, connect: {} })}\n${JSON.stringify({ id: subscribeId, subscribe: { channel } })}`;
}

/** @param id of the message, from 0 on */
export function publishCommand(id: number, channel: string, data: { clientId: string; body: string }): string {
  return JSON.stringify({ id: firstSendId + id, publish: { channel, data } });
}

/** How a line begins that brings a message. */
export const deliveryHead = Buffer.from('{"push":{"channel":"');

/** The server asks whether we are there by an empty object, and wants one back. */
export const ping = '{}';

const newline = 0x0a;
const idKey = Buffer.from('{"id":');
const errorKey = Buffer.from(',"error":');

/** Calls `take` with the bounds of each line of a frame. */
export function eachLine(frame: Buffer, take: (start: number, end: number) => void): void {
  let start = 0;
  while (start < frame.length) {
    const at = frame.indexOf(newline, start);
    const end = at < 0 ? frame.length : at;
    take(start, end);
    start = end + 1;
  }
}

export type Reply = { of: 'connect' | 'subscribe' | { id: number }; outcome: Outcome };

const refusedAgainMs = 50;

/** Reads a line that answers a command; `undefined` where it is none. */
export function readReply(line: Buffer): Reply | undefined {
  if (!line.subarray(0, idKey.length).equals(idKey)) return undefined;
  const id = integerBehind(line, idKey, 0, line.length);
  const of = id === connectId ? 'connect' : id === subscribeId ? 'subscribe' : { id: id - firstSendId };
  return { of, outcome: line.includes(errorKey) ? refusalIn(line) : 'stored' };
}

function refusalIn(line: Buffer): Outcome {
  const { error } = JSON.parse(line.toString('latin1')) as { error: { code: number; message: string } };
  return { code: `${error.code} ${error.message}`, retryAfterMs: refusedAgainMs };
}
