import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import { membersChanged } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const updateMember: UseCase<'member.update'> = async (parts, { space, userId, role }, input) => {
  const { conversationId, userId: whose, ...fields } = input;
  const actor = { space, userId, admin: role === 'admin' };
  const updated = await parts.moderation.updateMember(actor, conversationNo(conversationId), whose, fields);
  if (updated.changed) for (const telling of membersChanged(updated)) parts.fanout.tell(telling);
  const [member] = updated.members;
  if (!member) throw new Failure('not_found');
  return { member, rev: updated.conversation.rev };
};
