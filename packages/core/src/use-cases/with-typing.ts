import { parseConversationId } from '@parley/protocol';
import type { Parts } from '../parts.ts';

type Shown = { id: string; typingIds?: string[] };
type Asked = { space: string; typing: boolean | undefined };

/** The same conversations with who types in them, if that is asked for: of two members it is kept, of more only told. */
export async function withTyping<C extends Shown>(
  { typing: board }: Pick<Parts, 'typing'>,
  { space, typing }: Asked,
  conversations: readonly C[],
  peersOf: (conversation: C) => readonly string[],
): Promise<C[]> {
  if (!typing) return [...conversations];
  const typists = conversations.flatMap((conversation) =>
    peersOf(conversation).map((memberId) => ({ space, no: parseConversationId(conversation.id) ?? 0, memberId })),
  );
  const answers = await board.read(typists);
  const typingIn = Map.groupBy(
    typists.filter((_, i) => answers[i]),
    ({ no }) => no,
  );
  return conversations.map((conversation) => {
    const found = typingIn.get(parseConversationId(conversation.id) ?? 0);
    return found ? { ...conversation, typingIds: found.map(({ memberId }) => memberId) } : conversation;
  });
}

/** The two members of a conversation that one of them sees. */
export const peersSeenBy =
  (readerId: string) =>
  ({ peerId }: { peerId?: string }): string[] =>
    peerId === undefined ? [] : [...new Set([readerId, peerId])];
