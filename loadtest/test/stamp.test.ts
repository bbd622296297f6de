import { describe, expect, it } from 'vitest';
import { integerAfter, wordAfter } from '../lib/scan.ts';
import { readStamp, stampedBody } from '../lib/stamp.ts';

describe('a stamp', () => {
  it('comes back out of the frame that carries it', () => {
    const stamp = { sender: 199, counter: 4_294_967_295, atUs: 8_000_000_123 };
    const frame = `42["message.created",{"seq":7,"body":"${stampedBody(stamp)}","createdAt":"2026-01-01T00:00:00.000Z"}]`;
    expect(readStamp(frame)).toEqual(stamp);
  });

  it('makes bodies of one length, whatever it holds', () => {
    expect(stampedBody({ sender: 0, counter: 0, atUs: 0 })).toHaveLength(100);
    expect(stampedBody({ sender: 1_999, counter: 123_456, atUs: 9e9 })).toHaveLength(100);
  });

  it('is not found in a text without one', () => {
    expect(readStamp('42["typing.changed",{}]')).toBeUndefined();
    expect(readStamp('a ~ alone')).toBeUndefined();
    expect(readStamp('~1.x.3~')).toBeUndefined();
  });
});

describe('scanning', () => {
  it('reads a number and a word behind their keys', () => {
    const text = '{"id":"ab-1","seq":402,"rev":0}';
    expect(integerAfter(text, '"seq":')).toBe(402);
    expect(integerAfter(text, '"rev":')).toBe(0);
    expect(wordAfter(text, '"id":"')).toBe('ab-1');
  });

  it('says so when there is none', () => {
    expect(integerAfter('{"seq":null}', '"seq":')).toBeNaN();
    expect(integerAfter('{}', '"seq":')).toBeNaN();
    expect(wordAfter('{}', '"id":"')).toBeUndefined();
  });
});
