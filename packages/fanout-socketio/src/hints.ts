import type { Move } from '@parley/core';
import type { HeadsTeller } from './heads.ts';
import { limits } from './limits.ts';
import type { Listeners } from './listeners.ts';
import type { Questions } from './repairs.ts';
import { conversationRoom, inboxRoom } from './rooms.ts';

type Parts = { questions: Questions; listeners: Listeners; heads: HeadsTeller };

/**
 * Users with more conversations than are joined on connecting hear of the others by a hint in their inbox: the log is
 * asked which of them are members of what moved. Nobody is asked about on a node that has no such user.
 */
export async function hintOfOthers(moves: readonly Move[], { questions, listeners, heads }: Parts): Promise<void> {
  const hints = new Map<string, Move[]>();
  let asked = 0;
  for (const move of moves) {
    const { space, no, kind, userIds } = move;
    if (kind !== 'group') continue;
    const room = conversationRoom(space, no);
    const outside = listeners.partial(space).filter((userId) => {
      const sockets = [...listeners.in(inboxRoom(space, userId))];
      return !userIds.includes(userId) && sockets.some(({ socket }) => !socket.rooms.has(room));
    });
    if (outside.length === 0) continue;
    if (++asked > limits.hintQuestionsMax) break;
    const { present } = await questions.membership(no, outside);
    for (const userId of present.keys()) {
      const inbox = inboxRoom(space, userId);
      hints.set(inbox, [...(hints.get(inbox) ?? []), move]);
    }
  }
  for (const [inbox, moved] of hints) heads.tell(inbox, moved);
}
