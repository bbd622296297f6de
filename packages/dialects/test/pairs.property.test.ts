import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairId, peerIn } from '../src/pairs.ts';
import { Refused } from '../src/step.ts';

/** A few ids that contain each other, so that the parts of one are whole others; and any text. */
const userId = fc.oneof(
  fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 }).map((letters) => letters.join('_')),
  fc.string({ minLength: 1, maxLength: 12 }),
);
const plainId = userId.filter((id) => !id.includes('_'));

describe('the id of a pair', () => {
  it('is the same whoever asks, and tells each of the two who the other is', () => {
    fc.assert(
      fc.property(userId, userId, (a, b) => {
        fc.pre(a !== b);
        expect(pairId(a, b)).toBe(pairId(b, a));
        expect(peerIn(pairId(a, b), a)).toBe(b);
        expect(peerIn(pairId(a, b), b)).toBe(a);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is what a client makes by sorting, and is understood in the other order too', () => {
    fc.assert(
      fc.property(plainId, plainId, (a, b) => {
        fc.pre(a !== b);
        expect(pairId(a, b)).toBe([a, b].sort().join('_'));
        expect(peerIn(`${a}_${b}`, a)).toBe(b);
        expect(peerIn(`${b}_${a}`, a)).toBe(b);
      }),
    );
  });

  it('takes the separator within an id for what it is', () => {
    expect(['a', 'a_b', 'c', 'b_c'].map((me) => peerIn('a_b_c', me))).toEqual(['b_c', 'c', 'a_b', 'a']);
    expect(peerIn('a_b_a_b_a', 'a_b_a')).toBe('a_b');
    expect(peerIn('b_a_a_b_a', 'a_b_a')).toBe('b_a');
  });

  it('is nothing to somebody else', () => {
    for (const id of ['a_b', 'c', '_', 'c_', '_c', '']) expect(() => peerIn(id, 'c')).toThrow(Refused);
  });
});
