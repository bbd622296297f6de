import { limits } from '@parley/protocol';
import { conversationNo } from '../rules/ids.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const listMembers: UseCase<'member.list'> = async (parts, caller, input) => {
  const no = conversationNo(input.conversationId);
  const reader = await readerIn(parts, caller, no);
  const { after, limit = limits.pageDefault } = input;
  const members = await parts.conversations.members(caller.space, reader, no, { after, limit });
  const last = members.at(-1);
  return { members, ...(members.length === limit && last && { next: last.userId }) };
};
