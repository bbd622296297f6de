import type { Message } from '@parley/protocol';
import { limits } from '@parley/protocol/limits';
import type { Draft, Ledger } from './ledger.ts';

/** Other people's undeleted messages beyond our reading, as the server counts them; at most `unreadMax`. */
export function unreadOf(ledger: Ledger): number {
  const held = ledger.messages.reduce((n, message) => n + (isUnread(ledger, message) ? 1 : 0), 0);
  return Math.min(limits.unreadMax, (ledger.unreadBelow ?? 0) + held);
}

/** Whether the count needs the server's word. */
export function needsCount(ledger: Ledger): boolean {
  return ledger.unreadBelow === undefined && ledger.counted === undefined && !ledger.gone;
}

/** We read up to here, on this device or another one. */
export function readTo(draft: Draft, readSeq: number): void {
  if (readSeq <= draft.readSeq) return;
  draft.readSeq = readSeq;
  draft.deliveredSeq = Math.max(draft.deliveredSeq, readSeq);
  if (draft.unreadBelow) draft.unreadBelow = readSeq >= draft.from ? 0 : undefined;
}

/** Rows move below the interval. */
export function moveBelow(draft: Draft, rows: readonly Message[]): void {
  if (draft.unreadBelow !== undefined) draft.unreadBelow += count(draft, rows);
}

/** Rows come into the interval from below. A deletion beyond our `rev` has not been taken off the count yet. */
export function moveUp(draft: Draft, rows: readonly Message[]): void {
  if (draft.unreadBelow === undefined) return;
  const counted = count(
    draft,
    rows.map((row) => (row.rev > draft.rev ? alive(row) : row)),
  );
  draft.unreadBelow = draft.unreadBelow >= limits.unreadMax ? undefined : Math.max(0, draft.unreadBelow - counted);
}

/** A row below the interval became a tombstone: a message is deleted once, so it was counted until now. */
export function deletedBelow(draft: Draft, message: Message): void {
  if (!isUnread(draft, alive(message))) return;
  if (draft.unreadBelow !== undefined) {
    draft.unreadBelow = draft.unreadBelow >= limits.unreadMax ? undefined : Math.max(0, draft.unreadBelow - 1);
  }
  if (draft.counted && message.rev > draft.counted.rev && message.seq <= draft.counted.seq) draft.counted.unread -= 1;
}

/** Uses the server's count once our cursor has reached the place where it was taken. */
export function settleCount(draft: Draft): void {
  const { counted } = draft;
  if (!counted || draft.seq < counted.seq || draft.rev < counted.rev) return;
  draft.counted = undefined;
  // We read on meanwhile, or the interval begins above the place: it tells nothing about what lies below.
  if (draft.readSeq !== counted.readSeq || counted.seq < draft.from) return;
  const held = draft.messages.filter(
    (m) => m.seq <= counted.seq && isUnread(draft, m.rev > counted.rev ? alive(m) : m),
  ).length;
  draft.unreadBelow = draft.readSeq >= draft.from ? 0 : Math.max(0, counted.unread - held);
}

function isUnread({ me, readSeq }: { me: string; readSeq: number }, message: Message): boolean {
  return (
    message.seq > readSeq && message.senderId !== me && message.kind !== 'system' && message.deletedAt === undefined
  );
}

function count(draft: Draft, rows: readonly Message[]): number {
  return rows.filter((row) => isUnread(draft, row)).length;
}

function alive(message: Message): Message {
  const { deletedAt: _, ...before } = message;
  return before;
}
