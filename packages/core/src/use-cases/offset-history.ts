import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import type { UseCase } from './use-case.ts';

export const offsetHistory: UseCase<'history.offset'> = async (parts, { space, userId }, input) => {
  const { conversationId, peerId, offset = 0, limit = limits.pageDefault, order = 'asc' } = input;
  if ((conversationId === undefined) === (peerId === undefined)) {
    throw new Failure('invalid', 'Name either the conversation or the peer.');
  }
  const no =
    peerId === undefined
      ? conversationNo(conversationId ?? '')
      : await parts.conversations.between(space, userId, peerId);
  return parts.history.offset(space, userId, no, { offset, limit, order });
};
