import { isOpen } from './gate.ts';
import { beginCold, type Lane, laneIsBehind, letIn } from './lane.ts';
import { limits } from './limits.ts';
import { type Questions, type Repair, repairsOf } from './repairs.ts';
import { advance, endOfHole, isBehind } from './track.ts';

export type Filling = {
  questions: Questions;
  /** The room still has listeners, and this is still its lane. */
  isAlive: (lane: Lane) => boolean;
  /** Emits what was waiting for what has been told now. */
  drain: (lane: Lane) => void;
  tell: (lane: Lane, repair: Repair) => void;
  /** Tells the room its heads instead of everything between. `false` when they cannot be told: then everything is. */
  tellHeads: (lane: Lane) => boolean;
};

/**
 * Tells a room what it is missing, from the log. Held frames go out as soon as the hole before them is closed, and a
 * frame that arrives late meanwhile closes it as well: after each answer, only what is still missing is told.
 *
 * @throws what the log throws; what was told until then stays told, and the rest stays missing
 */
export async function fill(lane: Lane, filling: Filling): Promise<void> {
  const goesOn = () => filling.isAlive(lane) && isOpen(lane.gate);
  while (goesOn() && laneIsBehind(lane)) {
    beginCold(lane);
    if (isBehind(lane.seq)) await fillMessages(lane, filling, goesOn);
    else await fillChanges(lane, filling, goesOn);
    if (goesOn()) filling.drain(lane);
  }
}

async function fillMessages(lane: Lane, filling: Filling, goesOn: () => boolean): Promise<void> {
  const { seq, no } = lane;
  const from = seq.told ?? 0;
  const end = endOfHole(seq);
  if (end - from > limits.repairedMessagesMax && filling.tellHeads(lane)) {
    advance(seq, end);
    letIn(lane);
    return;
  }
  const upTo = Math.min(end, from + limits.messagesPerQuery);
  const messages = await filling.questions.messages(no, from, upTo);
  for (const { message, authorId } of messages) {
    if (!goesOn()) return;
    if (message.seq <= (seq.told ?? 0)) continue;
    filling.tell(lane, { name: 'message.created', payload: message, authorId, rev: 0, needsSeq: 0 });
    advance(seq, message.seq);
    letIn(lane);
  }
  if (goesOn()) advance(seq, upTo);
  letIn(lane);
}

async function fillChanges(lane: Lane, filling: Filling, goesOn: () => boolean): Promise<void> {
  const { seq, rev, no } = lane;
  const changes = await filling.questions.changes(no, rev.told ?? 0, endOfHole(rev));
  const repairs = repairsOf(changes).filter((repair) => repair.rev > (rev.told ?? 0));
  const needed = Math.max(0, ...repairs.map(({ needsSeq }) => needsSeq));
  // An edit whose message was not told yet: the message comes first, and the changes are asked for again.
  if (seq.told !== undefined && seq.told < needed) {
    seq.head = Math.max(seq.head, needed);
    return;
  }
  for (const repair of repairs) {
    if (!goesOn()) return;
    filling.tell(lane, repair);
  }
  if (goesOn()) advance(rev, changes.conversation.rev);
}
