import type { Message } from '@parley/protocol';
import type { Applied, Delivery, History, Outcome, Read, Repairing, Seen, Send, Session } from './checker/index.ts';

type Attempt = Omit<Send, 'invokedAt' | 'outcome'>;
type Open<T> = { -readonly [K in keyof T]: T[K] };

/** Writes down what the clients of one run do and see, in the order in which it happens, on one clock. */
export type Recorder = {
  /** A try of a send begins now; the function that is returned says how it ended. Never told means: nobody knows. */
  send(attempt: Attempt): (outcome: WithoutTime<Outcome>) => void;
  /** A session of a client that does not look at `seq`; the function that is returned ends it. */
  session(session: Omit<Session, 'openAtEnd'>): () => void;
  delivery(delivery: Delivery): void;
  /** A client that repairs itself begins an interval after `fromSeq`; the function that is returned notes a message. */
  applied(interval: Omit<Applied, 'messages' | 'upToSeq'>): {
    note: (seen: Seen) => void;
    end: (upToSeq: number) => void;
  };
  /** A client that repairs itself; the function that is returned says that it was closed. */
  repairing(client: Omit<Repairing, 'openAtEnd'>): () => void;
  read(read: Read): void;
  /** Everything so far, without what only the database and HTTP can tell. */
  recorded(): Pick<History, 'sends' | 'sessions' | 'deliveries' | 'applied' | 'repairing' | 'reads'>;
};

type WithoutTime<T> = T extends { at: number } ? Omit<T, 'at'> : T;

export function createRecorder(): Recorder {
  const sends: Open<Send>[] = [];
  const sessions: Open<Session>[] = [];
  const deliveries: Delivery[] = [];
  const intervals: (Open<Applied> & { messages: Seen[] })[] = [];
  const repairing: Open<Repairing>[] = [];
  const reads: Read[] = [];
  const now = () => performance.now();

  return {
    send(attempt) {
      const send: Open<Send> = { ...attempt, invokedAt: now(), outcome: { type: 'info' } };
      sends.push(send);
      return (outcome) => {
        send.outcome = outcome.type === 'info' ? outcome : { ...outcome, at: now() };
      };
    },
    session(opened) {
      const session: Open<Session> = { ...opened, openAtEnd: true };
      sessions.push(session);
      return () => {
        session.openAtEnd = false;
      };
    },
    delivery: (delivery) => void deliveries.push(delivery),
    applied(begun) {
      const interval: (typeof intervals)[number] = { ...begun, messages: [] };
      intervals.push(interval);
      return {
        note: (seen) => void interval.messages.push(seen),
        end: (upToSeq) => {
          interval.upToSeq = upToSeq;
        },
      };
    },
    repairing(begun) {
      const client: Open<Repairing> = { ...begun, openAtEnd: true };
      repairing.push(client);
      return () => {
        client.openAtEnd = false;
      };
    },
    read: (read) => void reads.push(read),
    recorded: () => ({ sends, sessions, deliveries, applied: intervals, repairing, reads }),
  };
}

export function seenOf({ conversationId, seq, id, senderId, body }: Message): Seen {
  return { conversationId, seq, id, senderId, body };
}
