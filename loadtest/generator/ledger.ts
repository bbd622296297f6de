/** How far a message may arrive before an earlier one of its sender and still be kept account of. */
const aheadMax = 256;
const words = aheadMax / 32;

/**
 * Checks every delivery by (receiver, sender, the sender's counter), and by the conversation's number where there is
 * one, in memory that does not grow with the run: per pair of receiver and sender the end of the part without holes,
 * and one bit for each of the next 256 counters.
 *
 * Clients are numbered in the order of their conversations: client `i` sits in conversation `floor(i / roomSize)`.
 */
export function createLedger(clients: number, roomSize: number) {
  const next = new Uint32Array(clients * roomSize);
  const ahead = new Uint32Array(clients * roomSize * words);
  const numbers = new Float64Array(clients).fill(Number.NaN);
  const found = { delivered: 0, repeated: 0, strange: 0, reordered: 0, misnumbered: 0 };

  return {
    found,
    /** Where a receiver's conversation stands before the first delivery. */
    startAt(receiver: number, number: number): void {
      numbers[receiver] = number;
    },
    delivered(receiver: number, sender: number, counter: number): void {
      found.delivered += 1;
      const base = receiver - (receiver % roomSize);
      const pair = receiver * roomSize + (sender - base);
      if (sender < base || sender >= base + roomSize || counter - next[pair]! >= aheadMax) found.strange += 1;
      else if (counter < next[pair]!) found.repeated += 1;
      else if (counter === next[pair]!) advance(pair);
      else if (isAhead(pair, counter)) found.repeated += 1;
      else {
        found.reordered += 1;
        flip(pair, counter);
      }
    },
    numbered(receiver: number, number: number): void {
      const last = numbers[receiver]!;
      if (!Number.isNaN(last) && number !== last + 1) found.misnumbered += 1;
      if (Number.isNaN(last) || number > last) numbers[receiver] = number;
    },
    /** (receiver, message) pairs that have not come, when each sender's counters below `sent` were acknowledged. */
    missing(sent: (sender: number) => number): number {
      let missing = 0;
      for (let receiver = 0; receiver < clients; receiver += 1) {
        const base = receiver - (receiver % roomSize);
        for (let seat = 0; seat < roomSize; seat += 1) {
          const pair = receiver * roomSize + seat;
          missing += sent(base + seat) - next[pair]! - aheadOf(pair);
        }
      }
      return missing;
    },
  };

  function advance(pair: number): void {
    next[pair]! += 1;
    while (isAhead(pair, next[pair]!)) {
      flip(pair, next[pair]!);
      next[pair]! += 1;
    }
  }

  function isAhead(pair: number, counter: number): boolean {
    const bit = counter % aheadMax;
    return (ahead[pair * words + (bit >>> 5)]! & (1 << (bit & 31))) !== 0;
  }

  function flip(pair: number, counter: number): void {
    const bit = counter % aheadMax;
    ahead[pair * words + (bit >>> 5)]! ^= 1 << (bit & 31);
  }

  function aheadOf(pair: number): number {
    let count = 0;
    for (let word = 0; word < words; word += 1) {
      for (let bits = ahead[pair * words + word]!; bits !== 0; bits &= bits - 1) count += 1;
    }
    return count;
  }
}

export type Ledger = ReturnType<typeof createLedger>;
