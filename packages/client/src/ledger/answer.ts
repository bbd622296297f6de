import type { SyncAnswer } from '@parley/protocol';
import type { Draft, Ledger, Told } from './ledger.ts';
import { advance, advanceReceipt, putMembers, restart, setGone, update } from './rows.ts';

/** What the ledger was when it asked. */
export type Asked = Pick<Ledger, 'seq' | 'rev' | 'head'>;

/**
 * Merges one answer of `sync`. It is exact between `asked` and its own cursor; pushes may have moved ours meanwhile,
 * so rows at or below ours are taken as newer versions only.
 */
export function applyAnswer(draft: Draft, told: Told[], asked: Asked, answer: SyncAnswer): void {
  const isRestarted = restartIfAhead(draft, told, asked, answer);
  for (const message of answer.messages) {
    if (message.seq <= draft.seq) update(draft, told, message, false);
    // Not through `hold`, whose bound is for guesses: these rows are told at once.
    else if ((draft.ahead.get(message.seq)?.rev ?? -1) < message.rev) draft.ahead.set(message.seq, message);
  }
  // A page that was cut, and pushes have passed its end: its `rev` may cover edits of messages between the two, which the
  // next page would leave out. The next `sync` asks from where we are.
  if (answer.more && answer.seq < draft.seq) return;
  // A newest page tells nothing of what changed below it: either we begin with it, or pushes made it needless.
  if (answer.status === 'limited' && !isRestarted) return;
  for (const message of answer.changed) update(draft, told, message, message.rev > draft.rev);
  for (const receipt of answer.receipts) advanceReceipt(draft, told, receipt);
  // Members carry no version of their own: those of an answer that our cursor has overtaken are older than ours, and
  // so is what it says of our own membership.
  const isOvertaken = answer.rev < draft.rev;
  if (answer.rev > draft.rev) putMembers(draft, told, answer.members);
  draft.rev = Math.max(draft.rev, answer.rev);
  draft.head = { seq: Math.max(draft.head.seq, answer.seq), rev: Math.max(draft.head.rev, answer.rev) };
  draft.catchingUp = answer.more;
  // What an answer from before our end says of a membership after it waits for an answer that knows of both.
  if (!draft.gone) advance(draft, told, answer.seq);
  for (const seq of draft.ahead.keys()) if (seq <= draft.seq) draft.ahead.delete(seq);
  if (isOvertaken) return;
  // A page that is not the last does not say whether we still are a member: an ended membership is synced to its end.
  if (!answer.more) setGone(draft, told, answer.status === 'gone');
  // What was announced after we asked may belong to a membership that began after the answer.
  const isNewsless = draft.head.seq <= asked.head.seq && draft.head.rev <= asked.head.rev;
  if (answer.status === 'gone' && isNewsless) expectNothing(draft);
}

/** Whatever was announced beyond the end of our membership will never come. */
function expectNothing(draft: Draft): void {
  draft.ahead.clear();
  draft.changes.clear();
  draft.catchingUp = false;
  draft.head = { seq: draft.seq, rev: draft.rev };
}

/** We were gone, and the answer is of another membership, which began where ours ended (and may have ended, too). */
function isBack(draft: Draft, answer: SyncAnswer, firstSeq: number): boolean {
  const saysSo = answer.messages.length > 0 || (answer.status !== 'gone' && !answer.more);
  return draft.gone && saysSo && firstSeq > draft.seq && answer.rev >= draft.rev;
}

/**
 * An answer that does not begin where we asked starts the interval anew: we were too far behind, or came back to a
 * conversation with a membership that begins later.
 */
function restartIfAhead(draft: Draft, told: Told[], asked: Asked, answer: SyncAnswer): boolean {
  const firstSeq = answer.messages[0]?.seq ?? answer.seq + 1;
  const isAhead = firstSeq > asked.seq + 1 && firstSeq > draft.seq + 1;
  if (!isAhead && !isBack(draft, answer, firstSeq)) return false;
  const { counted } = draft;
  restart(draft, told, answer.status === 'limited' ? 'limited' : 'rejoined', firstSeq);
  // A count that is as new as all that we heard knows of everything that the newest page leaves out.
  if (answer.status === 'limited' && counted && counted.rev >= Math.max(answer.rev, draft.rev)) draft.counted = counted;
  return true;
}
