import { membersChanged, newPeers } from '../rules/tellings.ts';
import { permitFor } from './permit-for.ts';
import { peersSeenBy, withTyping } from './with-typing.ts';
import type { UseCase } from './use-case.ts';

export const openConversation: UseCase<'conversation.open'> = async (parts, caller, { peerId, typing }) => {
  const { space, userId } = caller;
  const permit = await permitFor(parts, caller, { peerId });
  const { conversation, created } = await parts.conversations.openDirect(space, userId, peerId, permit);
  if (created)
    for (const telling of membersChanged({ conversation, members: newPeers(conversation) })) parts.fanout.tell(telling);
  const seen = await parts.conversations.get(space, userId, conversation.no);
  const [shown = seen.conversation] = await withTyping(
    parts,
    { space, typing },
    [seen.conversation],
    peersSeenBy(userId),
  );
  return { ...seen, conversation: shown };
};
