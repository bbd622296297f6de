import { staffId } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { isStaff } from '../rules/staff.ts';
import { supportThread } from './support-thread.ts';
import type { UseCase } from './use-case.ts';

export const openSupport: UseCase<'support.open'> = async (parts, caller, input) => {
  const { space, userId, role } = caller;
  const staff = isStaff(role);
  if (!staff && input.userId !== undefined) throw new Failure('forbidden', 'Users open their own thread only.');
  if (staff && input.userId === undefined) throw new Failure('invalid', 'Name the user whose thread it is.');
  const no = await supportThread(parts, caller, input.userId ?? userId);
  return parts.conversations.get(space, staff ? staffId : userId, no);
};
