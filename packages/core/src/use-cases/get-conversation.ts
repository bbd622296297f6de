import { conversationNo } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const getConversation: UseCase<'conversation.get'> = ({ conversations }, { space, userId }, input) =>
  conversations.get(space, userId, conversationNo(input.conversationId));
