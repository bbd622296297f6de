import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import { membersChanged } from '../rules/tellings.ts';
import { actorIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const updateConversation: UseCase<'conversation.update'> = async (parts, caller, input) => {
  const { conversationId, ...fields } = input;
  if (fields.title?.trim() === '') throw new Failure('invalid', 'A title is more than blanks.');
  const no = conversationNo(conversationId);
  const actor = await actorIn(parts, caller, no);
  const updated = await parts.moderation.updateConversation(actor, no, fields);
  if (updated.changed) for (const telling of membersChanged(updated)) parts.fanout.tell(telling);
  const { title, status, rev } = updated.conversation;
  return { conversationId, ...(title !== undefined && { title }), status, rev };
};
