import { limits } from '@parley/protocol';
import { conversationNo } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const listMembers: UseCase<'member.list'> = async ({ conversations }, { space, userId }, input) => {
  const { after, limit = limits.pageDefault } = input;
  const members = await conversations.members(space, userId, conversationNo(input.conversationId), { after, limit });
  const last = members.at(-1);
  return { members, ...(members.length === limit && last && { next: last.userId }) };
};
