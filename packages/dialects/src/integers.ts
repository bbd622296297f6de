import { conversationId, messageId, parseConversationId, parseMessageId } from '@parley/protocol';
import { Type } from 'typebox';
import { refused } from './step.ts';

/*
 * Ids for contracts that know integers only, stable for ever: a conversation is its number, a message is
 * `no · 2²² + seq`, which stays below 2⁵³ for two thousand million conversations of four million messages.
 */
const seqsMax = 2 ** 22;
const noMax = 2 ** 31 - 1;

/** An id as clients give it: an integer, in JSON or as text. */
export const IntegerId = Type.Union([
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  Type.String({ pattern: '^[1-9][0-9]{0,15}$' }),
]);

/** @throws RangeError beyond what an integer can name */
export function integerOfMessage(id: string): number {
  const key = parseMessageId(id);
  if (!key || key.no > noMax || key.seq >= seqsMax) throw new RangeError(`no integer stands for message ${id}`);
  return key.no * seqsMax + key.seq;
}

export function integerOfConversation(id: string): number {
  const no = parseConversationId(id);
  if (no === undefined || no > noMax) throw new RangeError(`no integer stands for conversation ${id}`);
  return no;
}

/** @throws Refused `not_found` for a number that no message can have */
export function messageOfInteger(given: number | string): string {
  const number = Number(given);
  const no = Math.floor(number / seqsMax);
  if (!Number.isSafeInteger(number) || no < 1) throw refused('not_found', 'There is no such message.');
  return messageId(no, number % seqsMax);
}

/** @throws Refused `not_found` for a number that no conversation can have */
export function conversationOfInteger(given: number | string): string {
  const no = Number(given);
  if (!Number.isSafeInteger(no) || no > noMax) throw refused('not_found', 'There is no such conversation.');
  return conversationId(no);
}

/** A user's id as an integer, where it is one. */
export function integerOfUser(userId: string): number | string {
  const number = Number(userId);
  return Number.isSafeInteger(number) && String(number) === userId ? number : userId;
}
