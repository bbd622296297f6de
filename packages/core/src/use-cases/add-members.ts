import { conversationNo } from '../rules/ids.ts';
import { checkMayGather } from '../rules/talk.ts';
import { membersChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const addMembers: UseCase<'member.add'> = async (parts, { space, userId, role: callerRole }, input) => {
  checkMayGather(parts.talkRuleOf(space), callerRole);
  const { conversations, fanout } = parts;
  const no = conversationNo(input.conversationId);
  const { userIds, role = 'member', history = 'none' } = input;
  const changed = await conversations.addMembers(space, userId, no, userIds, { role, history });
  if (changed.members.length > 0) for (const telling of membersChanged(changed)) fanout.tell(telling);
  const { conversation } = await conversations.get(space, userId, no);
  return { conversation, added: changed.members.map((member) => member.userId) };
};
