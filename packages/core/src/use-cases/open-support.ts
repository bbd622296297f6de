import { staffId } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { isStaff } from '../rules/staff.ts';
import { membersChanged, newPeers } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const openSupport: UseCase<'support.open'> = async (parts, { space, userId, role }, input) => {
  const staff = isStaff(role);
  if (!staff && input.userId !== undefined) throw new Failure('forbidden', 'Users open their own thread only.');
  if (staff && input.userId === undefined) throw new Failure('invalid', 'Name the user whose thread it is.');
  const { conversation, created } = await parts.conversations.openSupport(space, input.userId ?? userId);
  if (created)
    for (const telling of membersChanged({ conversation, members: newPeers(conversation) })) parts.fanout.tell(telling);
  return parts.conversations.get(space, staff ? staffId : userId, conversation.no);
};
