import { limits } from '@parley/protocol';
import type { History, Invariant, Member } from './history.ts';
import { intervalsOf, readerIn, within } from './views.ts';

/** I11: unread is a function of the log and of what was read; and what was acknowledged as read stays read. */
export const unreadIsDerived: Invariant = (history) => [
  ...history.unread.flatMap(({ userId, conversationId, unread }) => {
    const derived = count(history, intervalsOf(history, userId, conversationId), userId, conversationId);
    return unread === derived ? [] : [`${userId} was told ${unread} unread in ${conversationId}, and it is ${derived}`];
  }),
  ...history.reads.flatMap(({ userId, conversationId, readSeq }) => {
    const stored = readSeqOf(intervalsOf(history, userId, conversationId));
    return stored >= readSeq ? [] : [`${userId} had read ${readSeq} of ${conversationId}, and ${stored} is stored`];
  }),
];

/** Other people's undeleted messages after the watermark, within the interval; system messages do not count. */
function count(history: History, intervals: readonly Member[], userId: string, conversationId: string): number {
  const readSeq = readSeqOf(intervals);
  const reader = readerIn(history, userId, conversationId);
  const unread = history.database.messages.filter(
    (row) =>
      row.conversationId === conversationId &&
      row.seq > readSeq &&
      row.senderId !== reader &&
      !row.deleted &&
      !row.system &&
      within(intervals, row.seq),
  );
  return Math.min(unread.length, limits.unreadMax);
}

function readSeqOf(intervals: readonly Member[]): number {
  return Math.max(0, ...intervals.map(({ readSeq }) => readSeq));
}
