import type { Member, Message, Receipt } from '@parley/protocol';
import { type Change, type Draft, heldMax, type Told } from './ledger.ts';
import { deletedBelow, moveBelow, readTo } from './unread.ts';

/** Messages that are kept per conversation before the oldest half is let go; `loadOlder` brings them back. */
export const intervalMessagesMax = 2_000;

/** Remembers a row beyond the cursor in its newest version. */
export function hold(draft: Draft, message: Message): void {
  const known = draft.ahead.get(message.seq);
  if (known ? known.rev < message.rev : draft.ahead.size < heldMax) draft.ahead.set(message.seq, message);
}

/** Tells what follows, as far as it surely is of our membership: what lies beyond its end is of another one, if any. */
export function goOn(draft: Draft, told: Told[]): void {
  if (!draft.catchingUp && !draft.gone) advance(draft, told, draft.untilSeq);
}

/** Tells the rows that follow the cursor without a hole, up to `upTo`. */
export function advance(draft: Draft, told: Told[], upTo = Number.POSITIVE_INFINITY): void {
  for (;;) {
    const next = draft.ahead.get(draft.seq + 1);
    if (!next || next.seq > upTo) break;
    draft.ahead.delete(next.seq);
    draft.seq = next.seq;
    draft.messages.push(next);
    told.push({ kind: 'message', message: next });
  }
  draft.head = { seq: Math.max(draft.head.seq, draft.seq), rev: draft.head.rev };
  if (draft.messages.length > intervalMessagesMax) {
    const released = draft.messages.splice(0, intervalMessagesMax / 2);
    draft.from += released.length;
    moveBelow(draft, released);
  }
}

/** A newer version of a row, wherever it lies. `isNew` decides for rows below the interval, which are not held. */
export function update(draft: Draft, told: Told[], message: Message, isNew: boolean): void {
  if (message.seq > draft.seq) {
    hold(draft, message);
  } else if (message.seq > draft.from) {
    const index = message.seq - draft.from - 1;
    const known = draft.messages[index];
    if (!known || known.rev >= message.rev) return;
    draft.messages[index] = message;
    told.push({ kind: 'changed', message });
  } else if (isNew) {
    if (message.deletedAt !== undefined) deletedBelow(draft, message);
    draft.changedBelow?.set(message.seq, message);
    if (draft.facts.lastMessage?.id === message.id) draft.facts = { ...draft.facts, lastMessage: message };
    told.push({ kind: 'changed', message });
  }
}

/** Applies a change whose turn it is. */
export function applyChange(draft: Draft, told: Told[], change: Change): void {
  if (change.kind === 'message') update(draft, told, change.message, true);
  else if (change.kind === 'receipt') advanceReceipt(draft, told, change.receipt);
  else {
    const { title, status, memberCount, membershipVersion, members } = change.conversation;
    const { title: _, ...facts } = draft.facts;
    draft.facts = { ...facts, ...(title !== undefined && { title }), status, memberCount, membershipVersion };
    putMembers(draft, told, members);
  }
}

export function putMembers(draft: Draft, told: Told[], members: readonly Member[]): void {
  for (const member of members) {
    draft.members.set(member.userId, member);
    if (member.userId !== draft.me) continue;
    setMembership(draft, told, member);
    readTo(draft, member.readSeq);
  }
  if (members.length > 0) told.push({ kind: 'members', members });
}

/** The interval begins anew: what is below may have changed, and nobody will tell. */
export function restart(draft: Draft, told: Told[], reason: 'limited' | 'rejoined', nextSeq: number): void {
  told.push({ kind: 'restart', reason, afterSeq: draft.seq, nextSeq });
  draft.gone = false;
  draft.untilSeq = undefined;
  draft.seq = nextSeq - 1;
  draft.from = nextSeq - 1;
  draft.messages = [];
  draft.members.clear();
  draft.receipts.clear();
  draft.changedBelow = undefined;
  draft.counted = undefined;
  // Another device may have read meanwhile, and what tells of it may have been left out.
  draft.unreadBelow = undefined;
}

/** Our own membership, as it is now. One that was renewed shows nothing from before, and nobody tells what changes there. */
export function setMembership(
  draft: Draft,
  told: Told[],
  { fromSeq, untilSeq }: Pick<Member, 'fromSeq' | 'untilSeq'>,
): void {
  draft.facts = { ...draft.facts, fromSeq };
  const isRenewed = untilSeq === undefined && (draft.gone || fromSeq > draft.from);
  if (isRenewed) restart(draft, told, 'rejoined', Math.max(fromSeq, draft.seq) + 1);
  else if (untilSeq === undefined) setGone(draft, told, false);
  else if (!draft.gone) draft.untilSeq = untilSeq;
}

/** We are gone once the last message of our membership was told. */
export function leaveAtEnd(draft: Draft, told: Told[]): void {
  if (draft.untilSeq !== undefined && draft.seq >= draft.untilSeq) setGone(draft, told, true);
}

export function setGone(draft: Draft, told: Told[], isGone: boolean): void {
  draft.untilSeq = undefined;
  if (isGone === draft.gone) return;
  draft.gone = isGone;
  if (isGone) told.push({ kind: 'gone' });
  else restart(draft, told, 'rejoined', draft.seq + 1);
}

/** Watermarks only ever advance, so that an older one may arrive at any time. */
export function advanceReceipt(draft: Draft, told: Told[], receipt: Receipt): void {
  const known = draft.receipts.get(receipt.userId);
  if (known && known.readSeq >= receipt.readSeq && known.deliveredSeq >= receipt.deliveredSeq) return;
  const merged = {
    ...receipt,
    readSeq: Math.max(receipt.readSeq, known?.readSeq ?? 0),
    deliveredSeq: Math.max(receipt.deliveredSeq, known?.deliveredSeq ?? 0),
  };
  draft.receipts.set(receipt.userId, merged);
  if (receipt.userId === draft.me) {
    readTo(draft, merged.readSeq);
    draft.deliveredSeq = Math.max(draft.deliveredSeq, merged.deliveredSeq);
  }
  told.push({ kind: 'receipt', receipt: merged });
}
