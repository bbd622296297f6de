import { messageKey } from '../rules/ids.ts';
import { asSeenBy } from '../rules/staff.ts';
import { messageChanged } from '../rules/tellings.ts';
import { authorOf, changerIn } from './acting.ts';
import { permitFor } from './permit-for.ts';
import type { UseCase } from './use-case.ts';

export const editMessage: UseCase<'message.edit'> = async (parts, caller, { messageId, body }) => {
  const { space } = caller;
  const key = messageKey(messageId);
  const permit = await permitFor(parts, caller, key);
  const writerId = await changerIn(parts, caller, key.no);
  const edited = await parts.messages.edit(space, writerId, key, body, permit, authorOf(caller, writerId));
  if (edited.changed) for (const telling of messageChanged(edited)) parts.fanout.tell(telling);
  return { message: asSeenBy(writerId, edited), rev: edited.rev };
};
