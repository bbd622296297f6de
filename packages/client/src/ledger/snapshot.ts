import type { Conversation } from '@parley/protocol';
import type { Draft, Told } from './ledger.ts';
import { goOn, setMembership } from './rows.ts';
import { readTo } from './unread.ts';

/** Somebody told us of these numbers. */
export function raiseHead(draft: Draft, seq: number, rev: number): void {
  draft.head = { seq: Math.max(draft.head.seq, seq), rev: Math.max(draft.head.rev, rev) };
}

/** The server's account of the conversation. One that is older than our cursor tells nothing but its head. */
export function takeSnapshot(draft: Draft, told: Told[], conversation: Conversation): void {
  raiseHead(draft, conversation.lastSeq, conversation.rev);
  if (conversation.rev < draft.rev) return;
  // Some accounts leave the last message out.
  const lastMessage = conversation.lastMessage ?? draft.facts.lastMessage;
  draft.facts = { ...conversation, ...(lastMessage && { lastMessage }) };
  setMembership(draft, told, conversation);
  readTo(draft, conversation.readSeq);
  draft.deliveredSeq = Math.max(draft.deliveredSeq, conversation.deliveredSeq);
  // Nothing lay beyond our cursor when this was read, so that nothing unseen can have been edited there.
  if (conversation.lastSeq === draft.seq) draft.catchingUp = false;
  if (conversation.readSeq === draft.readSeq) {
    const { lastSeq: seq, rev, readSeq, unread } = conversation;
    draft.counted = { seq, rev, readSeq, unread };
  }
  goOn(draft, told);
}
