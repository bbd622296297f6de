import { receiptAdvanced } from '../rules/tellings.ts';
import { readerIn } from './acting.ts';
import { namedConversation } from './named-conversation.ts';
import type { UseCase } from './use-case.ts';

export const markRead: UseCase<'receipt.read'> = async (parts, caller, input) => {
  const no = await namedConversation(parts, caller, input);
  const reader = await readerIn(parts, caller, no);
  const { readSeq, unread, advanced } = await parts.receipts.read(caller.space, reader, no, input.seq);
  if (advanced) parts.fanout.tell(receiptAdvanced(advanced));
  return { readSeq, unread };
};
