import { messageKey } from '../rules/ids.ts';
import { receiptAdvanced } from '../rules/tellings.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const readMessage: UseCase<'message.read'> = async (parts, caller, input) => {
  const key = messageKey(input.messageId);
  const reader = await readerIn(parts, caller, key.no);
  const { readSeq, unread, advanced } = await parts.receipts.readOne(caller.space, reader, key);
  if (advanced) parts.fanout.tell(receiptAdvanced(advanced));
  return { readSeq, unread };
};
