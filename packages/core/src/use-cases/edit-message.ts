import { messageKey } from '../rules/ids.ts';
import { asSeenBy } from '../rules/staff.ts';
import { permitOf } from '../rules/talk.ts';
import { messageChanged } from '../rules/tellings.ts';
import { authorOf, writerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const editMessage: UseCase<'message.edit'> = async (parts, caller, { messageId, body }) => {
  const { space, role } = caller;
  const key = messageKey(messageId);
  const permit = permitOf(parts.talkRuleOf(space), role);
  const writerId = await writerIn(parts, caller, key.no);
  const edited = await parts.messages.edit(space, writerId, key, body, permit, authorOf(caller, writerId));
  if (edited.changed) for (const telling of messageChanged(edited)) parts.fanout.tell(telling);
  return { message: asSeenBy(writerId, edited), rev: edited.rev };
};
