import { type Caller, type Parts, run } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import { type Conversation, conversationId, limits, parseConversationId, type Presence } from '@parley/protocol';

export type Acquaintances = {
  /** The session has its inbox: its peers are watched, and those who are there are told. */
  readonly began: (conversations: readonly Conversation[]) => Promise<void>;
  /** Something was heard of a conversation: the peer of a new one is watched from here on. Called for each frame. */
  readonly heard: (no: number) => void;
  /** A link with this one was put, cancelled or deleted: whether they are watched is asked anew. */
  readonly linked: (peerId: string) => void;
  /** The same of everybody: what was said of links may have been lost. */
  readonly linkedAnew: () => Promise<void>;
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

  // Who is linked with more than may be watched is not told of the rest.
  const linkedNow = async () => {
    const peers = new Set<string>();
    let after: string | undefined;
    do {
      const page = await run(parts, caller, 'link.list', {
        limit: limits.pageMax,
        ...(after !== undefined && { after }),
      });
      const confirmed = page.links.filter(({ status }) => status === 'confirmed');
      for (const { userA, userB } of confirmed) peers.add(userA === userId ? userB : userA);
      after = page.next;
    } while (after !== undefined && peers.size < limits.watchedUsersMax);
    return [...peers];
  };

  // Who is known no longer goes without a word: they are not offline.
  const lookAnew = async (userIds: string[]): Promise<void> => {
    const { presences } = await run(parts, caller, 'presence.watch', { userIds });
    const known = new Set(presences.map((presence) => presence.userId));
    const strangers = userIds.filter((id) => !known.has(id));
    if (strangers.length > 0) await run(parts, caller, 'presence.unwatch', { userIds: strangers });
    for (const id of known) watched.add(id);
    for (const id of strangers) {
      watched.delete(id);
      online.delete(id);
    }
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
      await watch([...conversations.flatMap(({ peerId }) => peerId ?? []), ...(await linkedNow())]);
    },
    linked(peerId) {
      if (!watched.has(peerId) && watched.size >= limits.watchedUsersMax) return;
      inBackground(log, 'presence.linked', lookAnew([peerId]));
    },
    async linkedAnew() {
      if (watched.size > 0) await lookAnew([...watched]);
      await watch(await linkedNow());
    },
    heard(no) {
      if (known.has(no)) return;
      known.add(no);
      inBackground(log, 'presence.meet', meet(no));
    },
  };
}
