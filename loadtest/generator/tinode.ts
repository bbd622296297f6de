import { integerBehind, startsWith } from './bytes.ts';
import type { Outcome } from './client.ts';

/**
 * Tinode's JSON protocol, as much of it as the generator speaks: one message to a frame, numbered by the client.
 * https://github.com/tinode/chat/blob/v0.25.3/docs/API.md
 */
const version = '0.25';

/** The one that Tinode ships, for the salt in its own sample configuration. */
const apiKey = 'AQEAAAABAAD_rAp4DJh05a1HAwFT3A6K';
export const path = `/v0/channels?apikey=${apiKey}`;

/** What a client says at once, without waiting for answers; its messages follow. */
const ids = { hi: 1, login: 2, sub: 3, firstSend: 4 } as const;

export function enterMessages(token: string, topic: string): string[] {
  return [
    { hi: { id: String(ids.hi), ver: version, ua: 'bench' } },
    { login: { id: String(ids.login), scheme: 'token', secret: token } },
  ]
    .map((message) => JSON.stringify(message))
    .concat(subMessage(topic));
}

export function subMessage(topic: string): string {
  return JSON.stringify({ sub: { id: String(ids.sub), topic } });
}

/** @param id of the message, from 0 on */
export function publishMessage(id: number, topic: string, content: string): string {
  return JSON.stringify({ pub: { id: String(ids.firstSend + id), topic, content } });
}

/** How a frame begins that brings a message, and what stands before the message's number. */
export const deliveryHead = Buffer.from('{"data":{"topic":"');
export const numberKey = Buffer.from('"seq":');

const answerHead = Buffer.from('{"ctrl":{"id":"');
const codeKey = Buffer.from('"code":');

/** Somebody else was the first to come, and the topic is being read: later it will let us in. */
export const locked = '503 locked';

export type Answer = { of: 'entering' | 'sub' | { id: number }; outcome: Outcome };

const refusedAgainMs = 50;

/** Reads a frame that answers one of ours; `undefined` where it is none. */
export function readAnswer(frame: Buffer): Answer | undefined {
  if (!startsWith(frame, answerHead, 0, frame.length)) return undefined;
  const id = integerBehind(frame, answerHead, 0, frame.length);
  const code = integerBehind(frame, codeKey, 0, frame.length);
  const of = id < ids.sub ? 'entering' : id === ids.sub ? 'sub' : { id: id - ids.firstSend };
  return { of, outcome: code >= 200 && code < 300 ? 'stored' : refusalIn(frame) };
}

function refusalIn(frame: Buffer): Outcome {
  const { ctrl } = JSON.parse(frame.toString('latin1')) as { ctrl: { code: number; text: string } };
  return { code: `${ctrl.code} ${ctrl.text}`, retryAfterMs: refusedAgainMs };
}
