/**
 * What one member saw of one conversation, and whether it is what it should have seen. It believes no server: numbers
 * are checked as they are pushed, and stamps (who sent it, as their how-manieth) as they are applied.
 */
import type { Stamp } from './stamp.ts';
import { type Arrival, createTrack, missingBelow, take, type Track } from './track.ts';

/** Where findings go. Each is a metric. */
export type Findings = {
  /** Acknowledged, and this member never got it. */
  lost(messages: number): void;
  /** The same message again: pushed twice over one connection, or stored twice. */
  duplicated(): void;
  /** After a later one of the same conversation (as pushed) or sender (as stored). */
  reordered(): void;
  /** Messages that the push left out, and the client fetched. */
  gapRepaired(messages: number): void;
  /** How old a message was when it came by repair or resumption, in ms. */
  staleMs(ms: number): void;
  /** From the scheduled send to the push, in ms. */
  deliveryMs(ms: number): void;
};

export type Seen = { seq: number; stamp: Stamp | undefined; atMs: number };
export type Missed = 'gap' | 'away';

export type Member = {
  /** Every message up to this one was applied. */
  readonly cursor: number;
  /** A connection begins, and the conversation stands at `head`. @returns true when something was missed */
  began(head: number): boolean;
  /** A push. @returns true while an earlier one is missing */
  pushed(seen: Seen): boolean;
  /** What the log says behind the cursor, complete up to `upTo`. @returns true while an earlier one is missing */
  repaired(messages: readonly Seen[], upTo: number, missed: Missed): boolean;
  /** A message of a contract without numbers. */
  heard(seen: Omit<Seen, 'seq'>): void;
  /** The end: each sender's messages below `stored` were acknowledged, by their own counters. */
  finish(stored: ReadonlyMap<number, number>): void;
};

/** What waits for an earlier message; what is beyond is fetched with it. */
const heldMax = 256;

/** @param from the last message that is not asked for */
export function createMember(findings: Findings, from = 0): Member {
  const senders = new Map<number, Track>();
  const held = new Map<number, Seen>();
  let cursor = from;
  let pushes = createTrack(from + 1);
  let covered = from;

  return {
    get cursor() {
      return cursor;
    },
    began(head) {
      held.clear();
      // Pushes that the head covers may come and prove nothing: the log has them already.
      covered = head;
      pushes = createTrack(head + 1);
      return cursor < head;
    },
    pushed(seen) {
      if (seen.seq > covered) judgePush(seen);
      return held.size > 0;
    },
    repaired(messages, upTo, missed) {
      for (const seen of messages) {
        if (seen.seq <= cursor) continue;
        apply(seen);
        // Pushed already, and held for the one before it.
        if (held.has(seen.seq)) continue;
        if (missed === 'gap') findings.gapRepaired(1);
        if (seen.stamp) findings.staleMs(seen.atMs - seen.stamp.atUs / 1000);
      }
      cursor = Math.max(cursor, upTo);
      for (const seq of held.keys()) if (seq <= cursor) held.delete(seq);
      release();
      return held.size > 0;
    },
    heard(seen) {
      judgeStored(seen.stamp);
      if (seen.stamp) findings.deliveryMs(seen.atMs - seen.stamp.atUs / 1000);
    },
    finish(stored) {
      let lost = 0;
      for (const [sender, count] of stored) lost += missingBelow(senders.get(sender) ?? createTrack(), count);
      if (lost > 0) findings.lost(lost);
    },
  };

  function judgePush(seen: Seen): void {
    const arrival = take(pushes, seen.seq);
    if (arrival === 'repeated') return findings.duplicated();
    if (arrival === 'late') findings.reordered();
    if (arrival === 'strange') pushes = createTrack(seen.seq + 1);
    if (seen.seq <= cursor) return;
    if (seen.stamp) findings.deliveryMs(seen.atMs - seen.stamp.atUs / 1000);
    if (held.size < heldMax) held.set(seen.seq, seen);
    release();
  }

  function release(): void {
    for (let seen = held.get(cursor + 1); seen; seen = held.get(cursor + 1)) {
      held.delete(seen.seq);
      apply(seen);
    }
  }

  function apply({ seq, stamp }: Seen): void {
    cursor = seq;
    judgeStored(stamp);
  }

  function judgeStored(stamp: Stamp | undefined): void {
    if (!stamp) return;
    const track = senders.get(stamp.sender) ?? createTrack();
    senders.set(stamp.sender, track);
    const arrival: Arrival = take(track, stamp.counter);
    if (arrival === 'repeated') findings.duplicated();
    if (arrival === 'late') findings.reordered();
    if (arrival === 'strange') {
      // So many are missing before it that none of them is waited for any more.
      findings.lost(missingBelow(track, stamp.counter));
      senders.set(stamp.sender, createTrack(stamp.counter + 1));
    }
  }
}
