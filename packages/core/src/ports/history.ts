import type { Conversation, Message, SyncAnswer } from '@parley/protocol';

export type HistoryPage = { messages: Message[]; firstSeq: number; lastSeq: number; more: boolean; epoch: string };

/** That somebody has read a message, and since when. */
export type ReadMark = { messageId: string; userId: string; readAt: string };
export type OffsetPage = {
  messages: Message[];
  total: number;
  conversation: Conversation;
  /** Of the messages of a direct conversation. */
  receipts: ReadMark[];
};

/** What a message said from a time on, and who wrote that. */
export type Version = { rev: number; userId: string; body: string; at: string };

/** Reading the log as a member, from the primary, within the interval of the membership. Throws `Failure`. */
export interface History {
  /**
   * Ascending; at most `limit`, and fewer when they are long: an answer has a bound in bytes, and `more` says what lies
   * beyond. Somebody whose membership ended may still read their interval. @throws `not_found`
   */
  page(
    space: string,
    userId: string,
    no: number,
    page: { beforeSeq?: number; afterSeq?: number; limit: number },
  ): Promise<HistoryPage>;
  /**
   * By position among what is not deleted, in the order that is asked for; exact, and never cut short. Costs what was
   * deleted and what is answered, not what exists. @throws `not_found`
   */
  offset(
    space: string,
    userId: string,
    no: number,
    page: { offset: number; limit: number; order: 'asc' | 'desc' },
  ): Promise<OffsetPage>;
  /**
   * What a message has said, in order, the present last: from the first edit on all of it is kept. A tombstone has none.
   * @param page.afterRev only what was written later; -1 for all
   * @throws `not_found`
   */
  versions(
    space: string,
    userId: string,
    key: { no: number; seq: number },
    page: { afterRev: number; limit: number },
  ): Promise<{ versions: Version[]; more: boolean }>;
  /**
   * What happened since the cursors, in one snapshot whose head `rev` is read first, so that no page can skip a change:
   * a cursor moves only to the last change that the answer carries. Bounded by `syncMessagesMax` and `syncBytesMax`.
   * A membership that ended is synced to its end, messages and changes; the page that reaches it is `gone`.
   */
  sync(
    space: string,
    userId: string,
    cursors: readonly { no: number; seq: number; rev: number }[],
  ): Promise<{ conversations: SyncAnswer[]; epoch: string }>;
  /** The current epoch, cached for at most a second. */
  epoch(): Promise<string>;
}
