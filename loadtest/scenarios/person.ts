import type { Member } from '../lib/oracle.ts';
import { bodyChars, stampedBody } from '../lib/stamp.ts';
import type { World } from './crowd.ts';
import type { Seat } from './plan.ts';
import type { Truth } from './presence.ts';
import { type Voice, voices } from './voice.ts';

type Around = World & {
  seat: Seat;
  member: Member;
  random: () => number;
  /** Of its conversation. */
  stored: Map<number, number>;
  truth: Truth;
};

/** One of a crowd, over all of its connections. */
export type Client = {
  seat: Seat;
  enter(): void;
  /** It came in, or was refused. */
  arrived(): boolean;
  /** It has not gone away by itself. */
  here(): boolean;
  /** Sends its next message, which was due at `atMs`. */
  say(atMs: number): void;
  /** Comes back if it is away, and leaves no more. */
  stay(): void;
  /** Tells when it lacks nothing, or soon after `untilMs`, also when nobody answers; what it lacks then is lost. */
  settle(untilMs: number, settled: () => void): void;
  close(): void;
};

const typingMs = 1_500;
const askAgainMs = 500;

export function createClient({ plan, seat, member, open, measure, stored, truth, random }: Around): Client {
  const { habits, url } = plan;
  const { sender, userId } = seat;
  let voice: Voice | undefined;
  let counter = 0;
  let unanswered = 0;
  let [isKnown, isIn, isAway, stays, isClosed] = [false, false, false, false, false];
  let openedMs = 0;
  let cutMs: number | undefined;
  let typing = 0;
  let moving: ReturnType<typeof setTimeout> | undefined;

  return {
    seat,
    enter() {
      openedMs = Date.now();
      voice = voices[plan.contract](
        { url, open, seat, member },
        {
          level,
          cut(reason) {
            if (isClosed) return;
            // Turned away at the door, which has its own time in `parley_connect_ms`, or in the way back from a cut.
            if (!isIn) return tellOnce(`${userId} is not in yet: ${reason}`, reason);
            isIn = false;
            cutMs = Date.now();
            measure('parley_cut', 1);
          },
          refused(why) {
            console.error(`${userId} was refused: ${why}`);
            if (!isKnown) measure('parley_connected', 0);
            isKnown = true;
          },
          presence: (other, online, atMs) => truth.heard(userId, other, online, atMs),
        },
      );
    },
    arrived: () => isKnown,
    here: () => !isAway,
    say(atMs) {
      measure('parley_sent', 1);
      if (random() >= (habits.typing ?? 0)) return send(atMs);
      voice?.type();
      typing += 1;
      setTimeout(() => {
        typing -= 1;
        send(Date.now());
      }, typingMs);
    },
    stay() {
      stays = true;
      clearTimeout(moving);
    },
    settle(untilMs, settled) {
      const audit = voice?.audit;
      let isOver = false;
      // Without it, one client that nobody answers would keep all others of its VU from being judged.
      const latest = setTimeout(() => judge(Number.POSITIVE_INFINITY), untilMs + askAgainMs - Date.now());
      // Not all at once: the answers of thousands would be the largest load of the run.
      setTimeout(again, random() * askAgainMs);
      function again(): void {
        if (isOver) return;
        if (unanswered > 0 && Date.now() < untilMs) return void setTimeout(again, askAgainMs);
        if (!audit) return judge(0);
        audit((behind) => {
          if (behind === 0 || Date.now() >= untilMs) judge(behind);
          else setTimeout(again, askAgainMs);
        });
      }
      function judge(behind: number): void {
        if (isOver) return;
        isOver = true;
        clearTimeout(latest);
        if (Number.isFinite(behind)) measure('parley_judged', 1);
        if (behind > 0 && Number.isFinite(behind)) measure('parley_lost', behind);
        else member.finish(stored);
        settled();
      }
    },
    close() {
      isClosed = true;
      if (!isKnown) measure('parley_connected', 0);
      for (; unanswered > 0; unanswered -= 1) measure('parley_acked', 0);
      voice?.close();
    },
  };

  function level(): void {
    truth.came(userId);
    if (!isKnown) measure('parley_connected', 1);
    [isKnown, isIn] = [true, true];
    if (cutMs !== undefined) measure('parley_recovery_ms', Date.now() - cutMs);
    else if (openedMs > 0) measure('parley_connect_ms', Date.now() - openedMs);
    [cutMs, openedMs, isAway] = [undefined, 0, false];
    if (habits.watching) voice?.watch(seat.peerIds);
    if (habits.visits && !stays) moving = setTimeout(goAway, around(habits.visits.staySeconds));
  }

  function goAway(): void {
    // Nobody leaves with a message on their lips: it would be as late as they are.
    if (typing + unanswered > 0) return void (moving = setTimeout(goAway, askAgainMs));
    const awayMs = around(habits.visits?.awaySeconds ?? 0);
    [isIn, isAway] = [false, true];
    openedMs = Date.now() + awayMs;
    truth.went(userId);
    voice?.leave(awayMs);
  }

  /** Evenly between half and one and a half of it, in ms. */
  function around(seconds: number): number {
    return seconds * 1000 * (0.5 + random());
  }

  function send(atMs: number): void {
    const stamp = { sender, counter, atUs: atMs * 1000 };
    counter += 1;
    unanswered += 1;
    voice?.send(idOf(stamp), stampedBody(stamp, habits.bodyChars ?? bodyChars), (answer, answeredMs) => {
      unanswered -= 1;
      const isStored = 'seq' in answer;
      measure('parley_acked', isStored ? 1 : 0);
      if (!isStored) return console.error(`a message of ${userId} was refused: ${answer.code}`);
      measure('parley_ack_ms', answeredMs - atMs);
      stored.set(sender, stamp.counter + 1);
      if (random() < (habits.reading ?? 0)) voice?.read();
    });
  }
}

const told = new Set<string>();

/** Thousands may be turned away for one reason. */
function tellOnce(words: string, reason: string): void {
  if (!told.has(reason)) console.error(`${words} (said once for all)`);
  told.add(reason);
}

/** Unique in its conversation, which no other run uses. */
function idOf({ sender, counter }: { sender: number; counter: number }): string {
  return `${sender.toString(16).padStart(8, '0')}-0000-4000-8000-${counter.toString(16).padStart(12, '0')}`;
}
