import { conversationNo } from '../rules/ids.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const getConversation: UseCase<'conversation.get'> = async (parts, caller, input) => {
  const no = conversationNo(input.conversationId);
  return parts.conversations.get(caller.space, await readerIn(parts, caller, no), no);
};
