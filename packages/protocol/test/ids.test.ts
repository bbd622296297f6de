import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Compile } from 'typebox/compile';
import {
  ConversationId,
  conversationId,
  MessageId,
  messageId,
  parseConversationId,
  parseMessageId,
} from '../src/index.ts';

const no = fc.integer({ min: 1, max: 2 ** 48 - 1 });
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('the id of a message', () => {
  it('names its conversation and its number, and nothing else', () => {
    fc.assert(
      fc.property(no, seq, (no, seq) => {
        expect(parseMessageId(messageId(no, seq))).toEqual({ no, seq });
      }),
    );
  });

  it('is another one for every other message', () => {
    fc.assert(
      fc.property(no, seq, no, seq, (no1, seq1, no2, seq2) => {
        expect(messageId(no1, seq1) === messageId(no2, seq2)).toBe(no1 === no2 && seq1 === seq2);
      }),
    );
  });

  it('sorts as text like the numbers behind it', () => {
    fc.assert(
      fc.property(no, seq, seq, (no, seq1, seq2) => {
        expect(messageId(no, seq1) < messageId(no, seq2)).toBe(seq1 < seq2);
      }),
    );
  });

  it('is a UUID of version 8 that the schema takes', () => {
    const check = Compile(MessageId);
    fc.assert(
      fc.property(no, seq, (no, seq) => {
        const id = messageId(no, seq);
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(check.Check(id)).toBe(true);
      }),
    );
  });

  it('reaches the ends of both ranges', () => {
    for (const [no, seq] of [
      [1, 1],
      [2 ** 48 - 1, Number.MAX_SAFE_INTEGER],
    ] as const) {
      expect(parseMessageId(messageId(no, seq))).toEqual({ no, seq });
    }
  });

  it('is not made of numbers outside of the ranges', () => {
    for (const [no, seq] of [
      [0, 1],
      [2 ** 48, 1],
      [1, -1],
      [1, 2 ** 53],
      [1.5, 1],
      [1, 0.5],
      [Number.NaN, 1],
    ] as const) {
      expect(() => messageId(no, seq)).toThrow(RangeError);
    }
  });

  it('is not read from any other text, and reading never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uuid(), fc.constant('00000000-0000-8000-8000-000000000001')), (text) => {
        const key = parseMessageId(text);
        expect(key === undefined || messageId(key.no, key.seq) === text).toBe(true);
      }),
    );
    expect(parseMessageId('00000000-0000-8000-8000-000000000001')).toBeUndefined();
    expect(parseMessageId('00000000-0001-8fff-8fff-ffffffffffff')).toBeUndefined();
  });
});

describe('the id of a conversation', () => {
  it('names its number, and the schema takes it', () => {
    const check = Compile(ConversationId);
    fc.assert(
      fc.property(no, (no) => {
        expect(parseConversationId(conversationId(no))).toBe(no);
        expect(check.Check(conversationId(no))).toBe(true);
      }),
    );
  });

  it('is never the id of a message', () => {
    fc.assert(
      fc.property(no, seq, (no, seq) => {
        expect(parseConversationId(messageId(no, seq))).toBeUndefined();
      }),
    );
  });
});
