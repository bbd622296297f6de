import { membersChanged, newPeers } from '../rules/tellings.ts';
import { permitFor } from './permit-for.ts';
import type { UseCase } from './use-case.ts';

export const openConversation: UseCase<'conversation.open'> = async (parts, caller, { peerId }) => {
  const { space, userId } = caller;
  const permit = await permitFor(parts, caller, { peerId });
  const { conversation, created } = await parts.conversations.openDirect(space, userId, peerId, permit);
  if (created)
    for (const telling of membersChanged({ conversation, members: newPeers(conversation) })) parts.fanout.tell(telling);
  return parts.conversations.get(space, userId, conversation.no);
};
