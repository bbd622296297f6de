import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import { membersChanged } from '../rules/tellings.ts';
import { actorIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const updateMember: UseCase<'member.update'> = async (parts, caller, input) => {
  const { conversationId, userId: whose, ...fields } = input;
  const no = conversationNo(conversationId);
  const actor = await actorIn(parts, caller, no);
  const updated = await parts.moderation.updateMember(actor, no, whose, fields);
  if (updated.changed) for (const telling of membersChanged(updated)) parts.fanout.tell(telling);
  const [member] = updated.members;
  if (!member) throw new Failure('not_found');
  return { member, rev: updated.conversation.rev };
};
