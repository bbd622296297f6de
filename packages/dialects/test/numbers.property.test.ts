import { conversationId, messageId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  conversationOfInteger,
  importedIntegers,
  integerOfConversation,
  integerOfMessage,
  integerOfUser,
  messageOfInteger,
} from '../src/integers.ts';
import { pageOf, totalPages } from '../src/pages.ts';
import { Refused } from '../src/step.ts';

const someNo = fc.integer({ min: 1, max: 2 ** 30 - 1 });
const someSeq = fc.integer({ min: 1, max: 2 ** 22 - 1 });

describe('integers of a contract that knows no other ids', () => {
  it('name one message or conversation each, as numbers and as text, and ascend as what they name', () => {
    fc.assert(
      fc.property(someNo, someSeq, someSeq, (no, seq, later) => {
        const integer = integerOfMessage(messageId(no, seq));
        expect(Number.isSafeInteger(integer)).toBe(true);
        expect([messageOfInteger(integer), messageOfInteger(String(integer))]).toEqual([
          messageId(no, seq),
          messageId(no, seq),
        ]);
        expect(Math.sign(integerOfMessage(messageId(no, later)) - integer)).toBe(Math.sign(later - seq));
        const named = integerOfConversation(conversationId(no));
        expect([named, String(named)].map(conversationOfInteger)).toEqual([conversationId(no), conversationId(no)]);
      }),
    );
  });

  it('are never those of what a product brought with it, which keeps its own', () => {
    fc.assert(
      fc.property(someNo, someSeq, (no, seq) => {
        expect(integerOfConversation(conversationId(no))).toBeGreaterThan(2 ** 30);
        expect(integerOfMessage(messageId(no, seq))).toBeGreaterThan(2 ** 52);
      }),
    );
    const ids = fc.record({
      chat: fc.integer({ min: 1, max: 2 ** 30 - 1 }),
      id: fc.integer({ min: 1, max: 2 ** 52 - 1 }),
    });
    fc.assert(
      fc.property(ids, ({ chat, id }) => {
        expect(integerOfConversation(conversationOfInteger(chat))).toBe(chat);
        expect(integerOfMessage(messageOfInteger(id))).toBe(id);
      }),
    );
    const { conversation, message } = importedIntegers;
    expect(['1', `${2 ** 30 - 1}`].map(conversation.is)).toEqual([true, true]);
    expect([`${2 ** 30}`, '0', '-1', '01', '1.5', '1e3', 'abc', ''].map(conversation.is)).not.toContain(true);
    expect([`${2 ** 52 - 1}`, `${2 ** 52}`].map(message.is)).toEqual([true, false]);
  });

  it('beyond what can be named are refused where clients say them, and never made', () => {
    const beyond = fc.oneof(
      fc.constantFrom(0, 2 ** 30),
      fc.integer({ min: 2 ** 31, max: 2 ** 53 }),
      fc.double({ min: 1.5, noInteger: true, noNaN: true }),
    );
    fc.assert(
      fc.property(beyond, (no) => {
        expect(() => conversationOfInteger(no)).toThrow(Refused);
      }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.integer({ max: 0 }),
          fc.integer({ min: 2 ** 52, max: 2 ** 52 + 2 ** 22 - 1 }),
          fc.integer({ min: 2 ** 53, max: 2 ** 60 }),
        ),
        (id) => {
          expect(() => messageOfInteger(id)).toThrow(Refused);
        },
      ),
    );
    expect(() => integerOfMessage(messageId(1, 2 ** 22))).toThrow(RangeError);
    expect(() => integerOfMessage(messageId(2 ** 30, 1))).toThrow(RangeError);
  });

  it('stand for a user only where the id is exactly that integer', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.maxSafeInteger().map(String), fc.float().map(String)), (userId) => {
        expect(String(integerOfUser(userId))).toBe(userId);
      }),
    );
  });
});

describe('pages by number', () => {
  it('show everything that there is exactly once, and nothing after the last one', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }), (total, limit) => {
        const all = Array.from({ length: total }, (_, i) => i);
        const given = limit === undefined ? {} : { limit };
        const shown = (page: number) => {
          const { offset, limit: size } = pageOf({ ...given, page }, 20);
          return all.slice(offset, offset + size);
        };
        const pages = totalPages(total, given, 20);
        expect(Array.from({ length: pages }, (_, i) => shown(i + 1)).flat()).toEqual(all);
        expect(shown(pages + 1)).toEqual([]);
        expect(pageOf(given, 20)).toEqual(pageOf({ ...given, page: 1 }, 20));
      }),
    );
  });
});
