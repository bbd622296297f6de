import type { Invariant } from './history.ts';
import { authorOf, sendKey } from './views.ts';

/** I2: no send is stored twice, however often and over however many nodes it was tried. */
export const storedOnce: Invariant = ({ database }) => {
  const first = new Map<string, number>();
  return database.messages.flatMap((row) => {
    const { conversationId, clientId, seq, body } = row;
    if (clientId === undefined) return [];
    const key = sendKey({ conversationId, userId: authorOf(row), clientId, body });
    const before = first.get(key);
    first.set(key, before ?? seq);
    return before === undefined ? [] : [`${body} is stored as ${before} and as ${seq}`];
  });
};
