import { inBackground, type Logger } from '@parley/node-kit';
import type { Alone } from './alone.ts';
import type { HeadsTeller } from './heads.ts';
import { limits } from './limits.ts';
import type { Listener } from './listeners.ts';
import type { Questions } from './repairs.ts';
import { conversationRoom, inboxRoom } from './rooms.ts';

type Parts = {
  questions: Questions;
  heads: HeadsTeller;
  alone: Alone;
  logger: Logger;
};

/**
 * How a member whose membership ended leaves the room of a conversation: at once, so that nothing more of it reaches
 * them; and what the room was yet to hear of their time they hear alone, from the log.
 */
export function createDepartures({ questions, heads, alone, logger }: Parts) {
  /** By listener and conversation: the last words that are being told. */
  const lastWords = new WeakMap<Listener, Map<number, Promise<void>>>();
  /** The last message of their time, where it ended: it is told once, however often news of it comes. */
  let ends = new WeakMap<Listener, Map<number, number>>();
  /** Where memberships ended of which the session does not know yet where they stand. */
  const unseeded = new WeakMap<Listener, Map<number, number>>();

  const tellRest = async (listener: Listener, no: number, told: number, untilSeq: number): Promise<void> => {
    const { socket, space, userId } = listener;
    const inbox = inboxRoom(space, userId);
    if (untilSeq - told > limits.repairedMessagesMax && heads.tell(inbox, [{ no, lastSeq: untilSeq, rev: 0 }])) return;
    // Who came back meanwhile begins anew.
    const isOut = () => socket.connected && !socket.rooms.has(conversationRoom(space, no));
    for (let heard = told; heard < untilSeq && isOut(); ) {
      const upTo = Math.min(untilSeq, heard + limits.messagesPerQuery);
      const messages = await alone.patiently(() => questions.messages(no, heard, upTo), isOut);
      if (!messages || !isOut()) return;
      alone.tell(listener, messages, 'hold');
      heard = upTo;
    }
  };

  const finish = (listener: Listener, no: number, told: number, untilSeq: number): void => {
    const endsOf = ends.get(listener) ?? new Map<number, number>();
    const heard = Math.max(told, endsOf.get(no) ?? 0);
    ends.set(listener, endsOf.set(no, Math.max(heard, untilSeq)));
    if (heard >= untilSeq) return;
    const words = lastWords.get(listener) ?? new Map<number, Promise<void>>();
    lastWords.set(listener, words);
    const telling = tellRest(listener, no, heard, untilSeq).finally(() => {
      if (words.get(no) === telling) words.delete(no);
    });
    words.set(no, telling);
    inBackground(logger, 'fanout.lastWords', telling);
  };

  return {
    /** @param told the last message that this listener heard in the room; `undefined` while nobody can say */
    depart(listener: Listener, no: number, told: number | undefined, untilSeq: number): void {
      void listener.socket.leave(conversationRoom(listener.space, no));
      if (told !== undefined) return finish(listener, no, told, untilSeq);
      const waiting = unseeded.get(listener) ?? new Map<number, number>();
      unseeded.set(listener, waiting.set(no, untilSeq));
    },
    /** A session begins with a list that says they are a member, and the end came before it: they hear what lies between. */
    seed(listener: Listener, no: number, lastSeq: number): void {
      const waiting = unseeded.get(listener);
      const untilSeq = waiting?.get(no);
      waiting?.delete(no);
      if (untilSeq !== undefined) finish(listener, no, lastSeq, untilSeq);
    },
    /** Known numbers may be used again. */
    beginAnew(): void {
      ends = new WeakMap();
    },
    /** Resolves once a listener has heard the last of its time. */
    finished: (listener: Listener, no: number): Promise<void> => lastWords.get(listener)?.get(no) ?? Promise.resolve(),
    /** Once a listener has heard the last of its time, or now. */
    afterwards(listener: Listener, no: number, then: () => void): void {
      const telling = lastWords.get(listener)?.get(no);
      if (telling) inBackground(logger, 'fanout.afterwards', telling.then(then));
      else then();
    },
  };
}

export type Departures = ReturnType<typeof createDepartures>;
