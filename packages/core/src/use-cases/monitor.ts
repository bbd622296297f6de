import { limits } from '@parley/protocol';
import { Failure } from '../failure.ts';
import { conversationNo } from '../rules/ids.ts';
import { withTyping } from './with-typing.ts';
import type { UseCase } from './use-case.ts';

export const monitorConversations: UseCase<'moderation.conversations'> = async (parts, { space }, input) => {
  const { before, offset = 0, limit = limits.pageDefault, typing, ...filter } = input;
  const from = before !== undefined && { beforeNo: conversationNo(before) };
  const { conversations, total } = await parts.administration.conversations(space, {
    ...filter,
    ...from,
    offset,
    limit,
  });
  return { conversations: await withTyping(parts, { space, typing }, conversations, bothPeers), total };
};

export const monitorHistory: UseCase<'moderation.history'> = async (parts, admin, input) => {
  const { conversationId, limit = limits.pageDefault, typing, ...range } = input;
  if (Object.keys(range).length > 1) throw new Failure('invalid', 'Give one of `beforeSeq`, `afterSeq` and `offset`.');
  const page = await parts.administration.history(admin, conversationNo(conversationId), { ...range, limit });
  const asked = { space: admin.space, typing };
  const [conversation = page.conversation] = await withTyping(parts, asked, [page.conversation], bothPeers);
  return { ...page, conversation };
};

const bothPeers = ({ peerIds = [] }: { peerIds?: string[] }) => peerIds;
