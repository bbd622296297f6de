import { conversationNo } from '../rules/ids.ts';
import { membersChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const addMembers: UseCase<'member.add'> = async ({ conversations, fanout }, { space, userId }, input) => {
  const no = conversationNo(input.conversationId);
  const { userIds, role = 'member', history = 'none' } = input;
  const changed = await conversations.addMembers(space, userId, no, userIds, { role, history });
  if (changed.members.length > 0) for (const telling of membersChanged(changed)) fanout.tell(telling);
  const { conversation } = await conversations.get(space, userId, no);
  return { conversation, added: changed.members.map((member) => member.userId) };
};
