import { type MessageKey, parseConversationId, parseMessageId } from '@parley/protocol';
import { Failure } from '../failure.ts';

/** The number behind a conversation's id. A well-formed id of nothing is simply not found. */
export function conversationNo(id: string): number {
  const no = parseConversationId(id);
  if (no === undefined) throw new Failure('not_found');
  return no;
}

export function messageKey(id: string): MessageKey {
  const key = parseMessageId(id);
  if (key === undefined || key.seq === 0) throw new Failure('not_found');
  return key;
}
