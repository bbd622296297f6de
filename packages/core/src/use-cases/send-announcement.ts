import { conversationId } from '@parley/protocol';
import { membersChanged } from '../rules/tellings.ts';
import { sendMessage } from './send-message.ts';
import type { UseCase } from './use-case.ts';

export const announce: UseCase<'announcement.send'> = async (parts, caller, input) => {
  const { conversation, created } = await parts.conversations.openAnnouncement(caller.space);
  if (created) for (const telling of membersChanged({ conversation, members: [] })) parts.fanout.tell(telling);
  return sendMessage(parts, caller, { conversationId: conversationId(conversation.no), ...input });
};
