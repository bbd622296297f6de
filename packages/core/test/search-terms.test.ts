import { describe, expect, it } from 'vitest';
import { rangesOf, termsOf } from '../src/rules/search-terms.ts';

describe('the terms of a search', () => {
  it('are its words and what stands between quotation marks, and no sign means anything else', () => {
    expect(termsOf('  Hello   world ')).toEqual(['Hello', 'world']);
    expect(termsOf('"two words" 100% a_b \' \\ "')).toEqual(['two words', '100%', 'a_b', "'", '\\', '"']);
    expect(termsOf('same same')).toEqual(['same']);
    for (const nothing of ['', '   ', '"  "', '\n\t']) expect(termsOf(nothing)).toEqual([]);
  });

  it('are marked where they stand, in code units, apart and in order', () => {
    expect(rangesOf('Hello, hello', ['HELLO'], 9)).toEqual([
      { start: 0, end: 5 },
      { start: 7, end: 12 },
    ]);
    expect(rangesOf('😀 ÄPFEL 😀', ['äpfel'], 9)).toEqual([{ start: 3, end: 8 }]);
    expect(rangesOf('İstanbul', ['stan'], 9)).toEqual([{ start: 1, end: 5 }]);
    expect(rangesOf('abcd', ['abc', 'bcd'], 9)).toEqual([{ start: 0, end: 4 }]);
    expect(rangesOf('a a a', ['a'], 2)).toHaveLength(2);
  });
});
