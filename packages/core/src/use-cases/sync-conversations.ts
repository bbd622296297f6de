import { parseConversationId } from '@parley/protocol';
import type { UseCase } from './use-case.ts';

export const syncConversations: UseCase<'sync'> = async ({ history }, { space, userId }, input) => {
  const known = await history.epoch();
  // Numbers of another epoch say nothing about this log: the client starts over.
  if (input.epoch !== known) return { epoch: known, reset: true, conversations: [] };

  const cursors = input.conversations.flatMap(({ id, seq, rev }) => {
    const no = parseConversationId(id);
    return no === undefined ? [] : [{ no, seq, rev }];
  });
  const { conversations, epoch } = await history.sync(space, userId, cursors);
  return epoch === input.epoch ? { epoch, reset: false, conversations } : { epoch, reset: true, conversations: [] };
};
