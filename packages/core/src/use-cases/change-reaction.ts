import { messageKey } from '../rules/ids.ts';
import { permitOf } from '../rules/talk.ts';
import { reactionChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const addReaction: UseCase<'reaction.add'> = async (parts, { space, userId, role }, { messageId, emoji }) => {
  const permit = permitOf(parts.talkRuleOf(space), role);
  const added = await parts.messages.react(space, userId, messageKey(messageId), emoji, permit);
  if (added.changed) parts.fanout.tell(reactionChanged(added, { userId, emoji, reacted: true }));
  return { message: added.message, rev: added.rev };
};

export const removeReaction: UseCase<'reaction.remove'> = async (parts, { space, userId }, { messageId, emoji }) => {
  const removed = await parts.messages.unreact(space, userId, messageKey(messageId), emoji);
  if (removed.changed) parts.fanout.tell(reactionChanged(removed, { userId, emoji, reacted: false }));
  return { message: removed.message, rev: removed.rev };
};
