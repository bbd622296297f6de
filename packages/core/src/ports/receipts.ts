import type { Receipt } from '@parley/protocol';
import type { ConversationFacts } from './conversations.ts';

/** A watermark that advanced, and the `rev` under which it did. */
export type Advanced = {
  conversation: ConversationFacts;
  receipt: Receipt;
  rev: number;
  /** What was read by itself. */
  messageIds?: readonly string[];
};
export type Read = { readSeq: number; unread: number; advanced: Advanced | undefined };

export interface Receipts {
  /**
   * Advances the read watermark (and the delivered one with it), clamped to the head; committed when it answers.
   * `advanced` is what to tell: absent when it stood there already, and in conversations of more than
   * `smallConversationMembersMax` members, where receipts are stored and take no `rev`.
   * @throws Failure `not_found`, `not_member`, `outcome_unknown`
   */
  read(space: string, userId: string, no: number, seq: number): Promise<Read>;
  /**
   * Reads one message, and none before it; the watermark moves on where it then joins what was read. Committed when it
   * answers, and again changes nothing. Told as an advance of the watermark is.
   * @throws Failure `not_found` (also for what was deleted or is outside the membership), `not_member`, `forbidden` for
   * one's own, `limit_reached` beyond `readRangesMax`, `outcome_unknown`
   */
  readOne(space: string, userId: string, key: { no: number; seq: number }): Promise<Read>;
  /**
   * Advances delivered watermarks, at most once per member, in one transaction, and answers those to tell, each with a
   * `rev` of its own. Who is no member is left out, as is every large conversation.
   * What a crash loses here, the client's next receipt brings back.
   */
  deliver(marks: readonly { space: string; userId: string; no: number; seq: number }[]): Promise<Advanced[]>;
}
