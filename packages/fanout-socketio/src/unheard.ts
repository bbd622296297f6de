import type { Move } from '@parley/core';
import { conversationId } from '@parley/protocol';
import type { Arrivals } from './arrivals.ts';
import type { HeadsTeller } from './heads.ts';
import type { Listeners } from './listeners.ts';
import type { FanoutMetrics } from './metrics.ts';
import type { Questions, Tell } from './repairs.ts';
import { conversationRoom, inboxRoom } from './rooms.ts';
import type { Sequencer } from './sequencer.ts';

export type UnheardParts = {
  questions: Questions;
  listeners: Listeners;
  sequencer: Sequencer;
  arrivals: Arrivals;
  heads: HeadsTeller;
  tell: Tell;
  metrics: FanoutMetrics;
};

/** The two ends of what moved: the first move that names the user, and the last. */
export type Unheard = { userId: string; first: Move; last: Move };

/** Tells an inbox of a conversation that it knows nothing of: it is new to its user, or the news of it was lost. */
export function createUnheard(parts: UnheardParts) {
  const { questions, listeners, sequencer, arrivals, heads, tell, metrics } = parts;

  return async ({ userId, first, last }: Unheard): Promise<void> => {
    const { space, no } = last;
    const inbox = inboxRoom(space, userId);
    const room = conversationRoom(space, no);
    const outside = () => [...listeners.in(inbox)].filter(({ socket }) => !socket.rooms.has(room));
    if (outside().length === 0) return;
    const { conversation, members } = await questions.changes(no, first.rev - 1, last.rev);
    if (conversation.peerIds) {
      // An inbox of which every conversation was known is told a new one from its beginning; of another nobody knows
      // where its clients stand.
      if (!listeners.isWhole(inbox)) heads.tell(inbox, [last]);
      return sequencer.observe(inbox, last, 'tail');
    }
    const { present } = await questions.membership(no, [userId]);
    const member = present.get(userId);
    if (!member) return;
    const { kind, title, status, lastSeq, rev, memberCount, membershipVersion } = conversation;
    const facts = { kind, ...(title !== undefined && { title }), status, lastSeq, memberCount, membershipVersion };
    const own = members.filter((member) => member.userId === userId);
    const payload = { conversationId: conversationId(no), rev, ...facts, members: own };
    metrics.repaired.inc({ net: 'tail', kind: 'conversation.changed' });
    tell(inbox, { name: 'conversation.changed', payload });
    // Who was taken out and came back begins with the second time.
    const fromSeq = Math.max(first.lastSeq, member.fromSeq);
    const standing = { ...last, lastSeq, rev, membershipVersion };
    for (const listener of outside()) await arrivals.comeLate(listener, standing, fromSeq, 'tail');
  };
}
