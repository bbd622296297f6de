import { createTrack, missingBelow, take, type Track } from '../lib/track.ts';

/**
 * Checks every delivery by (receiver, sender, the sender's counter), and by the conversation's number where there is
 * one, in memory that does not grow with the run.
 *
 * Clients are numbered in the order of their conversations: client `i` sits in conversation `floor(i / roomSize)`. The
 * first `senders` of each conversation send.
 */
export function createLedger(clients: number, roomSize: number, senders = roomSize) {
  /** Each receiver's tracks of those in its conversation who send, itself perhaps included. */
  const tracks: Track[] = Array.from({ length: clients * senders }, () => createTrack());
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
      const isSender = sender >= base && sender < base + senders;
      const arrival = isSender ? take(tracks[receiver * senders + (sender - base)]!, counter) : 'strange';
      if (arrival === 'strange') found.strange += 1;
      else if (arrival === 'repeated') found.repeated += 1;
      else if (arrival === 'late') found.reordered += 1;
    },
    numbered(receiver: number, number: number): void {
      const last = numbers[receiver]!;
      if (!Number.isNaN(last) && number !== last + 1) found.misnumbered += 1;
      if (Number.isNaN(last) || number > last) numbers[receiver] = number;
    },
    /** (receiver, message) pairs that have not come, when each sender's counters below `sent` were acknowledged. */
    missing(sent: (sender: number) => number): number {
      return tracks.reduce((sum, track, index) => {
        const receiver = Math.floor(index / senders);
        const sender = receiver - (receiver % roomSize) + (index % senders);
        return sum + missingBelow(track, sent(sender));
      }, 0);
    },
  };
}

export type Ledger = ReturnType<typeof createLedger>;
