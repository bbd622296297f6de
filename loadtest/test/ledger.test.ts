import { describe, expect, it } from 'vitest';
import { createLedger } from '../generator/ledger.ts';

// Four clients in two conversations of two: 0 and 1, 2 and 3.
const fresh = () => createLedger(4, 2);
const sentBy = (counts: number[]) => (sender: number) => counts[sender] ?? 0;

describe('the ledger of deliveries', () => {
  it('finds nothing wrong when every message reached every member once', () => {
    const ledger = fresh();
    for (const receiver of [0, 1]) for (const counter of [0, 1, 2]) ledger.delivered(receiver, 0, counter);
    expect(ledger.missing(sentBy([3, 0, 0, 0]))).toBe(0);
    expect(ledger.found).toEqual({ delivered: 6, repeated: 0, strange: 0, reordered: 0, misnumbered: 0 });
  });

  it('counts a message that never came, for each receiver that lacks it', () => {
    const ledger = fresh();
    for (const counter of [0, 1, 2]) ledger.delivered(0, 0, counter);
    for (const counter of [0, 2]) ledger.delivered(1, 0, counter);
    expect(ledger.missing(sentBy([3, 0, 0, 0]))).toBe(1);
    expect(ledger.missing(sentBy([4, 0, 0, 0]))).toBe(3);
  });

  it('counts a second delivery, also of one that is ahead of its order', () => {
    const ledger = fresh();
    ledger.delivered(3, 2, 0);
    ledger.delivered(3, 2, 0);
    ledger.delivered(3, 2, 5);
    ledger.delivered(3, 2, 5);
    expect(ledger.found.repeated).toBe(2);
  });

  it('tells late from lost', () => {
    const ledger = fresh();
    for (const counter of [2, 1, 3, 0, 4]) ledger.delivered(0, 1, counter);
    ledger.delivered(1, 1, 0);
    expect(ledger.found.reordered).toBe(2);
    expect(ledger.missing(sentBy([0, 5, 0, 0]))).toBe(4);
  });

  it('keeps account over many turns of its window', () => {
    const ledger = fresh();
    for (let counter = 0; counter < 1_000; counter += 2) {
      ledger.delivered(0, 1, counter + 1);
      ledger.delivered(0, 1, counter);
    }
    for (let counter = 0; counter < 1_000; counter += 1) ledger.delivered(1, 1, counter);
    expect(ledger.missing(sentBy([0, 1_000, 0, 0]))).toBe(0);
    expect(ledger.found).toMatchObject({ repeated: 0, strange: 0, reordered: 500 });
  });

  it('does not mistake what belongs to another conversation, or lies beyond its window', () => {
    const ledger = fresh();
    ledger.delivered(0, 2, 0);
    ledger.delivered(3, 1, 0);
    ledger.delivered(0, 1, 255);
    expect(ledger.found.strange).toBe(2);
    ledger.delivered(0, 1, 256);
    expect(ledger.found.strange).toBe(3);
  });

  it('notices a hole and a repetition in the numbers of a conversation', () => {
    const ledger = fresh();
    ledger.startAt(0, 10);
    for (const number of [11, 12, 14, 15]) ledger.numbered(0, number);
    expect(ledger.found.misnumbered).toBe(1);
    ledger.numbered(0, 15);
    expect(ledger.found.misnumbered).toBe(2);
    ledger.numbered(1, 7);
    expect(ledger.found.misnumbered).toBe(2);
  });
});
