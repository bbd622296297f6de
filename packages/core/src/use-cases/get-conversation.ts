import { conversationNo } from '../rules/ids.ts';
import { readerIn } from './acting.ts';
import { peersSeenBy, withTyping } from './with-typing.ts';
import type { UseCase } from './use-case.ts';

export const getConversation: UseCase<'conversation.get'> = async (parts, caller, input) => {
  const no = conversationNo(input.conversationId);
  const reader = await readerIn(parts, caller, no);
  const { conversation, epoch } = await parts.conversations.get(caller.space, reader, no);
  const asked = { space: caller.space, typing: input.typing };
  const [shown = conversation] = await withTyping(parts, asked, [conversation], peersSeenBy(reader));
  return { conversation: shown, epoch };
};
