import { permitOf } from '../rules/talk.ts';
import { membersChanged, newPeers } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const openConversation: UseCase<'conversation.open'> = async (parts, { space, userId, role }, { peerId }) => {
  const permit = permitOf(parts.talkRuleOf(space), role);
  const { conversation, created } = await parts.conversations.openDirect(space, userId, peerId, permit);
  if (created)
    for (const telling of membersChanged({ conversation, members: newPeers(conversation) })) parts.fanout.tell(telling);
  return parts.conversations.get(space, userId, conversation.no);
};
