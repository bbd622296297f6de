import { conversationId, IntegerText, messageId, parseConversationId, parseMessageId } from '@parley/protocol';
import { Type } from 'typebox';
import type { IdShapes } from './imported.ts';
import { refused } from './step.ts';

/*
 * Ids for contracts that know integers only, stable for ever. A conversation is `2³⁰ + no`, a message is
 * `2⁵² + no · 2²² + seq`, which stays below 2⁵³ for a thousand million conversations of four million messages. The
 * integers below are those of products that moved in: what they brought keeps them, and nothing new is called so.
 */
const seqsMax = 2 ** 22;
const noMax = 2 ** 30 - 1;
const conversationsFrom = 2 ** 30;
const messagesFrom = 2 ** 52;

const integerBelow = (end: number) => ({
  is: (id: string) => /^[1-9][0-9]{0,15}$/.test(id) && Number(id) < end,
  words: `an integer from 1 to ${end - 1}`,
});
export const importedIntegers = {
  conversation: integerBelow(conversationsFrom),
  message: integerBelow(messagesFrom),
} as const satisfies IdShapes;

/** An id as clients give it: an integer, in JSON or as text. */
export const IntegerId = Type.Union([Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }), IntegerText]);

/** @throws RangeError beyond what an integer can name */
export function integerOfMessage(id: string): number {
  if (importedIntegers.message.is(id)) return Number(id);
  const key = parseMessageId(id);
  if (!key || key.no > noMax || key.seq >= seqsMax) throw new RangeError(`no integer stands for message ${id}`);
  return messagesFrom + key.no * seqsMax + key.seq;
}

export function integerOfConversation(id: string): number {
  if (importedIntegers.conversation.is(id)) return Number(id);
  const no = parseConversationId(id);
  if (no === undefined || no > noMax) throw new RangeError(`no integer stands for conversation ${id}`);
  return conversationsFrom + no;
}

/**
 * The product's own id as a text where it is one of its integers.
 * @throws Refused `not_found` for a number that no message can have
 */
export function messageOfInteger(given: number | string): string {
  if (importedIntegers.message.is(String(given))) return String(given);
  const number = Number(given) - messagesFrom;
  const no = Math.floor(number / seqsMax);
  if (!Number.isSafeInteger(Number(given)) || no < 1) throw refused('not_found', 'There is no such message.');
  return messageId(no, number % seqsMax);
}

/** The same for a conversation. @throws Refused `not_found` for a number that no conversation can have */
export function conversationOfInteger(given: number | string): string {
  if (importedIntegers.conversation.is(String(given))) return String(given);
  const no = Number(given) - conversationsFrom;
  if (!Number.isSafeInteger(no) || no < 1 || no > noMax) throw refused('not_found', 'There is no such conversation.');
  return conversationId(no);
}

/** A user's id as an integer, where it is one. */
export function integerOfUser(userId: string): number | string {
  const number = Number(userId);
  return Number.isSafeInteger(number) && String(number) === userId ? number : userId;
}
