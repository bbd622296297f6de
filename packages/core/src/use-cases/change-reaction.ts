import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import type { Changed } from '../ports/messages.ts';
import { messageKey } from '../rules/ids.ts';
import { asSeenBy } from '../rules/staff.ts';
import { reactionChanged } from '../rules/tellings.ts';
import { readerIn } from './acting.ts';
import { permitFor } from './permit-for.ts';
import type { UseCase } from './use-case.ts';

export const addReaction: UseCase<'reaction.add'> = async (parts, caller, { messageId, emoji }) => {
  const { space } = caller;
  const key = messageKey(messageId);
  await checkTakesReactions(parts, caller, key.no);
  const userId = await readerIn(parts, caller, key.no);
  const permit = await permitFor(parts, caller, key);
  const added = await parts.messages.react(space, userId, key, emoji, permit);
  tell(parts, added, { userId, emoji, reacted: true });
  return { message: asSeenBy(userId, added), rev: added.rev };
};

export const removeReaction: UseCase<'reaction.remove'> = async (parts, caller, { messageId, emoji }) => {
  const key = messageKey(messageId);
  await checkTakesReactions(parts, caller, key.no);
  const userId = await readerIn(parts, caller, key.no);
  const removed = await parts.messages.unreact(caller.space, userId, key, emoji);
  tell(parts, removed, { userId, emoji, reacted: false });
  return { message: asSeenBy(userId, removed), rev: removed.rev };
};

/** Of what is said to a hundred thousand, each reaction would be an event to all of them. @throws Failure `forbidden` */
async function checkTakesReactions({ directory }: Parts, { space }: Caller, no: number): Promise<void> {
  if ((await directory.kindOf(space, no)) === 'announcement') {
    throw new Failure('forbidden', 'Announcements take no reactions.');
  }
}

function tell({ fanout }: Parts, changed: Changed, by: Parameters<typeof reactionChanged>[1]): void {
  if (changed.changed) for (const telling of reactionChanged(changed, by)) fanout.tell(telling);
}
