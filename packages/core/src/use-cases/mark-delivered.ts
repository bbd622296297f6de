import { conversationNo } from '../rules/ids.ts';
import type { Parts } from '../parts.ts';
import { receiptAdvanced } from '../rules/tellings.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const markDelivered: UseCase<'receipt.delivered'> = async (parts, caller, input) => {
  const no = conversationNo(input.conversationId);
  const userId = await readerIn(parts, caller, no);
  parts.noteDelivered({ space: caller.space, userId, no, seq: input.seq });
  return {};
};

/** Stores what `noteDelivered` gathered: only the furthest mark of each member counts. */
export async function flushDelivered(
  { receipts, fanout }: Pick<Parts, 'receipts' | 'fanout'>,
  marks: readonly Parameters<Parts['noteDelivered']>[0][],
): Promise<void> {
  const furthest = new Map<string, (typeof marks)[number]>();
  for (const mark of marks) {
    const key = `${mark.space}\n${mark.no}\n${mark.userId}`;
    if (mark.seq > (furthest.get(key)?.seq ?? 0)) furthest.set(key, mark);
  }
  for (const advanced of await receipts.deliver([...furthest.values()])) fanout.tell(receiptAdvanced(advanced));
}
