import type { Invariant } from './history.ts';
import { sendKey } from './views.ts';

/** I2: no send is stored twice, however often and over however many nodes it was tried. */
export const storedOnce: Invariant = ({ database }) => {
  const first = new Map<string, number>();
  return database.messages.flatMap(({ conversationId, senderId, clientId, seq, body }) => {
    if (clientId === undefined) return [];
    const key = sendKey({ conversationId, userId: senderId, clientId, body });
    const before = first.get(key);
    first.set(key, before ?? seq);
    return before === undefined ? [] : [`${body} is stored as ${before} and as ${seq}`];
  });
};
