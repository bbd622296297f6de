import { messageKey } from '../rules/ids.ts';
import { messageChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const editMessage: UseCase<'message.edit'> = async ({ messages, fanout }, { space, userId }, input) => {
  const edited = await messages.edit(space, userId, messageKey(input.messageId), input.body);
  if (edited.changed) fanout.tell(messageChanged(edited));
  return { message: edited.message, rev: edited.rev };
};
