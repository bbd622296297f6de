import { receiptAdvanced } from '../rules/tellings.ts';
import { namedConversation } from './named-conversation.ts';
import type { UseCase } from './use-case.ts';

export const markRead: UseCase<'receipt.read'> = async (parts, caller, input) => {
  const no = await namedConversation(parts, caller, input);
  const { readSeq, unread, advanced } = await parts.receipts.read(caller.space, caller.userId, no, input.seq);
  if (advanced) parts.fanout.tell(receiptAdvanced(advanced));
  return { readSeq, unread };
};
