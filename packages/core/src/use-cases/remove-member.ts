import { conversationNo } from '../rules/ids.ts';
import { membersChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const removeMember: UseCase<'member.remove'> = async ({ conversations, fanout }, { space, userId }, input) => {
  const no = conversationNo(input.conversationId);
  const changed = await conversations.removeMember(space, userId, no, input.userId);
  for (const telling of membersChanged(changed)) fanout.tell(telling);
  const untilSeq = changed.members[0]?.untilSeq ?? changed.conversation.lastSeq;
  return { conversationId: input.conversationId, userId: input.userId, untilSeq };
};
