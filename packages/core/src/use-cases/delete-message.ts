import { messageKey } from '../rules/ids.ts';
import { asSeenBy } from '../rules/staff.ts';
import { messageChanged } from '../rules/tellings.ts';
import { authorOf, changerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const deleteMessage: UseCase<'message.delete'> = async (parts, caller, input) => {
  const { space, role } = caller;
  const key = messageKey(input.messageId);
  const writerId = await changerIn(parts, caller, key.no);
  const author = authorOf(caller, writerId);
  const removed = await parts.messages.remove(space, writerId, key, role === 'admin', author);
  if (removed.changed) for (const telling of messageChanged(removed)) parts.fanout.tell(telling);
  return { message: asSeenBy(writerId, removed), rev: removed.rev };
};
