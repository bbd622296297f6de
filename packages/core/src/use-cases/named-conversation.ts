import { Failure } from '../failure.ts';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import { conversationNo } from '../rules/ids.ts';

type Named = { conversationId?: string; peerId?: string };

/**
 * The number of a conversation that is named by its id, or of a direct one by its peer.
 * @throws Failure `invalid` for neither or both, `not_found`
 */
export async function namedConversation(
  { conversations }: Pick<Parts, 'conversations'>,
  { space, userId }: Caller,
  { conversationId, peerId }: Named,
): Promise<number> {
  if ((conversationId === undefined) === (peerId === undefined)) {
    throw new Failure('invalid', 'Name either the conversation or the peer.');
  }
  return peerId === undefined ? conversationNo(conversationId ?? '') : conversations.between(space, userId, peerId);
}
