import { Failure } from '../failure.ts';
import { checkMayGather } from '../rules/talk.ts';
import { membersChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const createConversation: UseCase<'conversation.create'> = async (parts, { space, userId, role }, input) => {
  checkMayGather(parts.talkRuleOf(space), role);
  if (input.title.trim() === '') throw new Failure('invalid', 'A title is more than blanks.');
  const created = await parts.conversations.createGroup(space, userId, input.title, input.memberIds);
  for (const telling of membersChanged(created)) parts.fanout.tell(telling);
  return parts.conversations.get(space, userId, created.conversation.no);
};
