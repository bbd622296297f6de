import { conversationNo } from '../rules/ids.ts';
import { receiptAdvanced } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const markRead: UseCase<'receipt.read'> = async ({ receipts, fanout }, { space, userId }, input) => {
  const { readSeq, unread, advanced } = await receipts.read(
    space,
    userId,
    conversationNo(input.conversationId),
    input.seq,
  );
  if (advanced) fanout.tell(receiptAdvanced(advanced));
  return { readSeq, unread };
};
