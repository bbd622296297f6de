import type { Conversation, Message, SyncAnswer } from '@parley/protocol';
import { type Asked, applyAnswer } from './answer.ts';
import { type Change, type Draft, draftOf, heldMax, type Ledger, type Told } from './ledger.ts';
import { applyChange, goOn, hold, leaveAtEnd } from './rows.ts';
import { raiseHead, takeSnapshot } from './snapshot.ts';
import { moveUp, readTo, settleCount } from './unread.ts';

/** Everything that can happen to a ledger. */
export type Input =
  | { kind: 'created'; message: Message }
  | { kind: 'change'; change: Change }
  | { kind: 'head'; seq: number; rev: number }
  /** The answer to a `sync`. */
  | { kind: 'synced'; asked: Asked; answer: SyncAnswer }
  | { kind: 'snapshot'; conversation: Conversation }
  | { kind: 'read'; seq: number }
  | { kind: 'delivered'; seq: number }
  /** A page of older messages was asked for, then came, or did not. */
  | { kind: 'loading' }
  | { kind: 'older'; messages: readonly Message[]; more: boolean }
  | { kind: 'loadingFailed' };

/**
 * One step of one conversation, pure: the same inputs give the same ledger, and each message is told once, in order,
 * however pushes are lost, doubled and reordered.
 */
export function reduce(ledger: Ledger, input: Input): { ledger: Ledger; told: Told[] } {
  // The commonest input of all, a push that came twice, costs nothing.
  if (input.kind === 'created' && input.message.seq <= ledger.seq) return { ledger, told: [] };
  const draft = draftOf(ledger);
  const told: Told[] = [];
  take(draft, told, input);
  leaveAtEnd(draft, told);
  settleCount(draft);
  return { ledger: draft, told };
}

function take(draft: Draft, told: Told[], input: Input): void {
  switch (input.kind) {
    case 'created':
      return takeCreated(draft, told, input.message);
    case 'change':
      return takeChange(draft, told, input.change);
    case 'head':
      return raiseHead(draft, input.seq, input.rev);
    case 'synced':
      applyAnswer(draft, told, input.asked, input.answer);
      if (input.answer.conversation) takeSnapshot(draft, told, input.answer.conversation);
      return applyWaiting(draft, told);
    case 'snapshot':
      return takeSnapshot(draft, told, input.conversation);
    case 'read':
      return readTo(draft, input.seq);
    case 'delivered':
      draft.deliveredSeq = Math.max(draft.deliveredSeq, input.seq);
      return;
    case 'loading':
      draft.changedBelow = new Map();
      return;
    case 'older':
      return takeOlder(draft, input.messages, input.more);
    case 'loadingFailed':
      draft.changedBelow = undefined;
      return;
  }
}

function takeCreated(draft: Draft, told: Told[], message: Message): void {
  raiseHead(draft, message.seq, 0);
  hold(draft, message);
  goOn(draft, told);
}

function takeChange(draft: Draft, told: Told[], change: Change): void {
  if (change.rev <= draft.rev) return;
  if (change.kind === 'conversation') raiseHead(draft, change.conversation.lastSeq, 0);
  raiseHead(draft, 0, change.rev);
  if (draft.changes.has(change.rev) || draft.changes.size < heldMax) draft.changes.set(change.rev, change);
  applyWaiting(draft, told);
}

/** Changes in the order of `rev`, then the rows that they may have completed. */
function applyWaiting(draft: Draft, told: Told[]): void {
  for (const rev of draft.changes.keys()) if (rev <= draft.rev) draft.changes.delete(rev);
  for (;;) {
    const next = draft.changes.get(draft.rev + 1);
    if (!next) break;
    draft.changes.delete(next.rev);
    draft.rev = next.rev;
    applyChange(draft, told, next);
  }
  goOn(draft, told);
}

function takeOlder(draft: Draft, messages: readonly Message[], more: boolean): void {
  const changed = draft.changedBelow;
  draft.changedBelow = undefined;
  // Asked for before the interval began anew.
  if (!changed) return;
  const older = messages.filter(({ seq }) => seq <= draft.from && seq > draft.facts.fromSeq);
  if (older.length > 0 && older.at(-1)?.seq !== draft.from) return;
  // A change that arrived while the page was under way is newer than the page, or the same.
  const newest = older.map((row) => {
    const version = changed.get(row.seq);
    return version && version.rev > row.rev ? version : row;
  });
  moveUp(draft, newest);
  draft.messages.unshift(...newest);
  draft.from -= newest.length;
  if (!more) draft.facts = { ...draft.facts, firstSeq: draft.from + 1 };
}
