import { conversationId, parseConversationId, staffId } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import type { History } from '../ports/index.ts';
import { readerIn } from './acting.ts';
import type { UseCase } from './use-case.ts';

export const syncConversations: UseCase<'sync'> = async (parts, caller, input) => {
  const { history } = parts;
  const known = await history.epoch();
  // Numbers of another epoch say nothing about this log: the client starts over.
  if (input.epoch !== known) return { epoch: known, reset: true, conversations: [] };

  const cursors = input.conversations.flatMap(({ id, seq, rev }) => {
    const no = parseConversationId(id);
    return no === undefined ? [] : [{ no, seq, rev }];
  });
  const { conversations, epoch } = await syncAs(parts, caller, cursors);
  return epoch === input.epoch ? { epoch, reset: false, conversations } : { epoch, reset: true, conversations: [] };
};

/** The staff synchronise what they see as themselves, and what they see as `agents`. */
async function syncAs(
  parts: Parts,
  caller: Caller,
  cursors: Parameters<History['sync']>[2],
): ReturnType<History['sync']> {
  const readers = await Promise.all(cursors.map(async ({ no }) => readerIn(parts, caller, no)));
  const { space, userId } = caller;
  const among = (mine: boolean) => cursors.filter((_, i) => (readers[i] === userId) === mine);
  const others = among(false);
  if (others.length === 0) return parts.history.sync(space, userId, cursors);
  const own = await parts.history.sync(space, userId, among(true));
  const { conversations, epoch } = await parts.history.sync(space, staffId, others);
  const byId = new Map([...own.conversations, ...conversations].map((answer) => [answer.id, answer]));
  // A restore between the two readings: the client learns of it, and starts over.
  return {
    epoch: own.epoch === epoch ? epoch : `${own.epoch}|${epoch}`,
    conversations: cursors.flatMap(({ no }) => byId.get(conversationId(no)) ?? []),
  };
}
