import type { MessageKey } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import { messageKey } from '../rules/ids.ts';
import { receiptAdvanced } from '../rules/tellings.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const readMessage: UseCase<'message.read'> = async (parts, caller, input) => {
  const key = messageKey(input.messageId);
  if ((await parts.directory.kindOf(caller.space, key.no)) === 'announcement') return readUpTo(parts, caller, key);
  const reader = await readerIn(parts, caller, key.no);
  const { readSeq, unread, advanced } = await parts.receipts.readOne(caller.space, reader, key);
  if (advanced) parts.fanout.tell(receiptAdvanced(advanced));
  return { readSeq, unread };
};

/** Of announcements a watermark is all that is kept of a reader: one that is read takes those before it along. */
async function readUpTo({ history, receipts }: Parts, { space, userId }: Caller, { no, seq }: MessageKey) {
  const { messages } = await history.page(space, userId, no, { afterSeq: seq - 1, limit: 1 });
  const isThere = messages.some((message) => message.seq === seq && message.deletedAt === undefined);
  if (!isThere) throw new Failure('not_found', 'There is no such message.');
  const { readSeq, unread } = await receipts.read(space, userId, no, seq);
  return { readSeq, unread };
}
