import { Failure } from '../failure.ts';
import { membersChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const createConversation: UseCase<'conversation.create'> = async (parts, { space, userId }, input) => {
  if (input.title.trim() === '') throw new Failure('invalid', 'A title is more than blanks.');
  const created = await parts.conversations.createGroup(space, userId, input.title, input.memberIds);
  for (const telling of membersChanged(created)) parts.fanout.tell(telling);
  return parts.conversations.get(space, userId, created.conversation.no);
};
