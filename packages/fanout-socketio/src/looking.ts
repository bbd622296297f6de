import type { Server } from 'socket.io';
import { limits } from './limits.ts';
import type { Listeners } from './listeners.ts';
import { inboxRoom } from './rooms.ts';

/** A user, and the number of a conversation that they may be looking at. */
export type Look = readonly [space: string, userId: string, no: number];

/** What nodes say to each other, beside what is told in rooms. */
const asked = 'looking.asked';
const answered = 'looking.answered';

/**
 * Whether some device of a user looks at a conversation, wherever it is connected. Nothing is kept of it: the other nodes
 * are asked when somebody wants to know, and who does not answer in time sees nothing. So a node that died looks at
 * nothing any more, and a lost answer costs one notification too many.
 */
export function createLooking(io: Server, nodeId: string, listeners: Listeners) {
  const waiting = new Map<number, Set<number>>();
  let asks = 0;
  const looksHere = ([space, userId, no]: Look): boolean => {
    for (const { viewing } of listeners.in(inboxRoom(space, userId))) if (viewing.has(no)) return true;
    return false;
  };

  io.on(asked, (by: string, ask: number, looks: readonly Look[]) => {
    const seen = looks.flatMap((look, index) => (looksHere(look) ? [index] : []));
    if (seen.length > 0) io.serverSideEmit(answered, by, ask, seen);
  });
  io.on(answered, (by: string, ask: number, seen: readonly number[]) => {
    if (by !== nodeId) return;
    for (const index of seen) waiting.get(ask)?.add(index);
  });

  /** Those at which no device looks. */
  return async (looks: readonly Look[]): Promise<Look[]> => {
    const elsewhere = looks.filter((look) => !looksHere(look));
    if (elsewhere.length === 0) return [];
    const ask = (asks += 1);
    const seen = new Set<number>();
    waiting.set(ask, seen);
    io.serverSideEmit(asked, nodeId, ask, elsewhere);
    await new Promise<void>((resolve) => setTimeout(resolve, limits.lookingMs).unref());
    waiting.delete(ask);
    return elsewhere.filter((look, index) => !seen.has(index) && !looksHere(look));
  };
}
