import { messageKey } from '../rules/ids.ts';
import { receiptAdvanced } from '../rules/tellings.ts';
import type { UseCase } from './use-case.ts';

export const readMessage: UseCase<'message.read'> = async ({ receipts, fanout }, { space, userId }, input) => {
  const { readSeq, unread, advanced } = await receipts.readOne(space, userId, messageKey(input.messageId));
  if (advanced) fanout.tell(receiptAdvanced(advanced));
  return { readSeq, unread };
};
