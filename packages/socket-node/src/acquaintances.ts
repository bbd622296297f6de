import { type Caller, type Parts, run } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import { type Conversation, conversationId, limits, parseConversationId, type Presence } from '@parley/protocol';

export type Acquaintances = {
  /** The session has its inbox: its peers are watched, and those who are there are told. */
  readonly began: (conversations: readonly Conversation[]) => Promise<void>;
  /** Something was heard of a conversation: the peer of a new one is watched from here on. Called for each frame. */
  readonly heard: (no: number) => void;
  /** Those who are watched changed, or so it seems: what is no news is not told again. */
  readonly changed: (presences: readonly Presence[]) => void;
};

/**
 * Watches for a contract whose clients never ask: the peers of the most recent direct conversations, those they are linked
 * with, and the peers of conversations that come; `watchedUsersMax` at most. Who is not online now is not mentioned.
 */
export function createAcquaintances(
  parts: Parts,
  caller: Caller,
  tell: (presences: Presence[]) => void,
  log: Logger,
): Acquaintances {
  const { userId } = caller;
  const watched = new Set<string>();
  const online = new Set<string>();
  const known = new Set<number>();

  // A reading and an announcement may both tell of one arrival.
  const changed = (presences: readonly Presence[]): void => {
    const news = presences.filter((presence) => {
      const isOnline = presence.status === 'online';
      if (presence.status === 'unknown' || online.has(presence.userId) === isOnline) return false;
      if (isOnline) online.add(presence.userId);
      else online.delete(presence.userId);
      return true;
    });
    if (news.length > 0) tell(news);
  };

  const watch = async (userIds: readonly string[]): Promise<void> => {
    const added = [...new Set(userIds)].filter((id) => id !== userId && !watched.has(id));
    const userIdsToWatch = added.slice(0, limits.watchedUsersMax - watched.size);
    if (userIdsToWatch.length === 0) return;
    for (const id of userIdsToWatch) watched.add(id);
    const { presences } = await run(parts, caller, 'presence.watch', { userIds: userIdsToWatch });
    changed(presences);
  };

  const meet = async (no: number): Promise<void> => {
    const { conversation } = await run(parts, caller, 'conversation.get', { conversationId: conversationId(no) });
    if (conversation.peerId !== undefined) await watch([conversation.peerId]);
  };

  return {
    changed,
    async began(conversations) {
      for (const { id } of conversations) known.add(parseConversationId(id) ?? 0);
      const { links } = await run(parts, caller, 'link.list', { limit: limits.pageMax });
      await watch([
        ...conversations.flatMap(({ peerId }) => peerId ?? []),
        ...links.flatMap(({ userA, userB }) => [userA, userB]),
      ]);
    },
    heard(no) {
      if (known.has(no)) return;
      known.add(no);
      inBackground(log, 'presence.meet', meet(no));
    },
  };
}
