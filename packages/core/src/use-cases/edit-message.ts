import { messageKey } from '../rules/ids.ts';
import { permitOf } from '../rules/talk.ts';
import { messageChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const editMessage: UseCase<'message.edit'> = async (parts, { space, userId, role }, { messageId, body }) => {
  const permit = permitOf(parts.talkRuleOf(space), role);
  const edited = await parts.messages.edit(space, userId, messageKey(messageId), body, permit);
  if (edited.changed) parts.fanout.tell(messageChanged(edited));
  return { message: edited.message, rev: edited.rev };
};
