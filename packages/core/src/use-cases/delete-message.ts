import { messageKey } from '../rules/ids.ts';
import { messageChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const deleteMessage: UseCase<'message.delete'> = async ({ messages, fanout }, caller, input) => {
  const { space, userId, role } = caller;
  const removed = await messages.remove(space, userId, messageKey(input.messageId), role === 'admin');
  if (removed.changed) fanout.tell(messageChanged(removed));
  return { message: removed.message, rev: removed.rev };
};
