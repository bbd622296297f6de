import { Failure } from '../failure.ts';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import { conversationNo } from '../rules/ids.ts';
import { supportThread, threadOf } from './support-thread.ts';

type Named = { conversationId?: string; peerId?: string };

/**
 * The number of a conversation that is named by its id, or of a direct one or a support thread by its peer.
 * @throws Failure `invalid` for neither or both, `not_found`
 */
export async function namedConversation(
  parts: Pick<Parts, 'conversations' | 'directory' | 'fanout' | 'talkRuleOf'>,
  caller: Caller,
  { conversationId, peerId }: Named,
): Promise<number> {
  if ((conversationId === undefined) === (peerId === undefined)) {
    throw new Failure('invalid', 'Name either the conversation or the peer.');
  }
  if (peerId === undefined) return conversationNo(conversationId ?? '');
  const threadOwner = threadOf(parts, caller, peerId);
  return threadOwner === undefined
    ? parts.conversations.between(caller.space, caller.userId, peerId)
    : supportThread(parts, caller, threadOwner);
}
