import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import { membersChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const updateConversation: UseCase<'conversation.update'> = async (parts, { space, userId, role }, input) => {
  const { conversationId, ...fields } = input;
  if (fields.title?.trim() === '') throw new Failure('invalid', 'A title is more than blanks.');
  const actor = { space, userId, admin: role === 'admin' };
  const updated = await parts.moderation.updateConversation(actor, conversationNo(conversationId), fields);
  if (updated.changed) for (const telling of membersChanged(updated)) parts.fanout.tell(telling);
  const { title, status, rev } = updated.conversation;
  return { conversationId, ...(title !== undefined && { title }), status, rev };
};
