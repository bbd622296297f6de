import type { Changes, Log, Written } from '@parley/core';
import { conversationId, type EventName, limits as protocolLimits, type Payload } from '@parley/protocol';
import { limits } from './limits.ts';

/** An event made from the log, as it would have been told. */
export type Repair = {
  [N in EventName]: { name: N; payload: Payload<N>; rev: number; needsSeq: number; authorId?: string | undefined };
}[EventName];

/** What a repair says, whatever its place. */
export type Said = Pick<Repair, 'name' | 'payload' | 'authorId'>;

/** Tells a room of this node an event that was made here. */
export type Tell = (room: string, repair: Said) => void;

/**
 * The log as repair asks it: a question that several rooms of this node have at about the same time is asked once, and
 * no more than `logQueriesMax` at a time.
 */
export function createQuestions(
  log: Log,
  learn: (no: number, userIds: readonly string[], told: unknown) => Promise<void>,
) {
  const asked = new Map<string, Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let inFlight = 0;

  const slot = async () => {
    if (inFlight >= limits.logQueriesMax) await new Promise<void>((resolve) => waiting.push(resolve));
    else inFlight++;
  };
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else inFlight--;
  };
  const limited = async <T>(question: () => Promise<T>): Promise<T> => {
    await slot();
    try {
      return await question();
    } finally {
      release();
    }
  };
  return {
    /** At most `messagesPerQuery` of them. */
    messages(no: number, afterSeq: number, upToSeq: number): Promise<Written[]> {
      return once(asked, `messages ${no} ${afterSeq} ${upToSeq}`, () =>
        limited(async () => {
          const messages = await log.messages(no, afterSeq, upToSeq, limits.messagesPerQuery);
          await learn(no, namedIn(messages), messages);
          return messages;
        }),
      );
    },
    /**
     * What changed after a `rev`, up to `rev` at least, which is known to be committed.
     * @throws Error when the answer does not reach it, as of a log that was restored from before
     */
    changes: (no: number, afterRev: number, rev: number): Promise<Changes> =>
      once(asked, `changes ${no} ${afterRev} ${rev}`, () =>
        limited(async () => {
          const changes = await log.changes(no, afterRev);
          if (changes.conversation.rev < rev) throw new Error(`conversation ${no} has not reached rev ${rev}`);
          const { messages, receipts } = changes;
          await learn(no, [...namedIn(messages), ...receipts.map((r) => r.userId)], repairsOf(changes));
          return changes;
        }),
      ),
    membership: (no: number, userIds: readonly string[]) => limited(() => log.membership(no, userIds)),
    standings: (nos: readonly number[]) => limited(() => log.standings(nos)),
  };
}

export type Questions = ReturnType<typeof createQuestions>;

/** What changed after a `rev`, as events in the order of their `rev`. Each row is told once, as it is now. */
export function repairsOf({ conversation, factsChanged, messages, members, receipts }: Changes): Repair[] {
  const { rev, kind, title, status, lastSeq, memberCount, membershipVersion } = conversation;
  const id = conversationId(conversation.no);
  const repairs: Repair[] = messages.map(({ message, authorId }) => ({
    name: message.deletedAt === undefined ? 'message.edited' : 'message.deleted',
    payload: message,
    authorId,
    rev: message.rev,
    needsSeq: message.seq,
  }));
  if (memberCount <= protocolLimits.smallConversationMembersMax) {
    for (const receipt of receipts) {
      const { readSeq, deliveredSeq, readBeyond = [] } = receipt;
      const needsSeq = Math.max(readSeq, deliveredSeq, ...readBeyond.map(({ last }) => last));
      repairs.push({
        name: 'receipt.advanced',
        payload: { conversationId: id, ...receipt },
        rev: receipt.rev,
        needsSeq,
      });
    }
  }
  // Members carry no `rev` of their own; and a newest `rev` that no row has is none that is told here.
  const unexplained = !messages.some(({ message }) => message.rev === rev) && !receipts.some((r) => r.rev === rev);
  if (members.length > 0 || factsChanged || unexplained) {
    const facts = { kind, ...(title !== undefined && { title }), status, lastSeq, memberCount, membershipVersion };
    const payload = { conversationId: id, rev, ...facts, members };
    repairs.push({ name: 'conversation.changed', payload, rev, needsSeq: 0 });
  }
  return repairs.sort((a, b) => a.rev - b.rev);
}

const namedIn = (messages: readonly Written[]): string[] => [
  ...new Set(
    messages.flatMap(({ message, authorId }) => [message.senderId, ...(authorId === undefined ? [] : [authorId])]),
  ),
];

/** An answer is kept for those who are about to ask the same; what they wanted to know was committed before the first. */
function once<T>(asked: Map<string, Promise<unknown>>, key: string, ask: () => Promise<T>): Promise<T> {
  const before = asked.get(key) as Promise<T> | undefined;
  if (before) return before;
  const answer = ask();
  asked.set(key, answer);
  answer.then(
    () => setTimeout(() => asked.delete(key), limits.answerKeptMs).unref(),
    () => asked.delete(key),
  );
  return answer;
}
