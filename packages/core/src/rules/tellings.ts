import { conversationId, type Member } from '@parley/protocol';
import type { Advanced } from '../ports/receipts.ts';
import type { ConversationFacts, MembersChanged } from '../ports/conversations.ts';
import type { Telling } from '../ports/fanout.ts';
import type { Appended, Changed } from '../ports/messages.ts';
import { audienceOf, isSmall } from './audience.ts';

export function messageCreated({ message, conversation }: Appended): Telling {
  const { no, membershipVersion } = conversation;
  return {
    name: 'message.created',
    payload: message,
    audience: audienceOf(conversation),
    order: { no, membershipVersion, seq: message.seq },
  };
}

export function messageChanged({ message, conversation, rev }: Changed): Telling {
  const { no, membershipVersion } = conversation;
  return {
    name: message.deletedAt === undefined ? 'message.edited' : 'message.deleted',
    payload: message,
    audience: audienceOf(conversation),
    order: { no, membershipVersion, rev },
  };
}

export function reactionChanged(
  { message, conversation, rev }: Changed,
  by: { userId: string; emoji: string; reacted: boolean },
): Telling {
  const { no, membershipVersion } = conversation;
  return {
    name: 'reaction.changed',
    payload: { conversationId: conversationId(no), rev, ...by, message },
    audience: audienceOf(conversation),
    order: { no, membershipVersion, rev },
  };
}

/** In a large conversation a receipt concerns its owner's other devices only, and has no place in the order. */
export function receiptAdvanced({ conversation, receipt, rev, messageIds }: Advanced): Telling {
  const { space, no, membershipVersion } = conversation;
  const small = isSmall(conversation);
  return {
    name: 'receipt.advanced',
    payload: {
      conversationId: conversationId(no),
      rev,
      ...receipt,
      ...(messageIds && { messageIds: [...messageIds] }),
    },
    audience: small ? audienceOf(conversation) : { kind: 'inboxes', space, userIds: [receipt.userId] },
    order: small ? { no, membershipVersion, rev } : undefined,
  };
}

/**
 * A change of members is heard where the conversation is heard, in its order; and in the inboxes of those concerned,
 * as a hint, because they are not in its room yet, or no longer.
 */
export function membersChanged({ conversation, members }: MembersChanged): Telling[] {
  const { space, no, kind, membershipVersion, rev, peerIds } = conversation;
  const payload = { conversationId: conversationId(no), rev, kind, ...changedFacts(conversation), members };
  const inOrder: Telling = {
    name: 'conversation.changed',
    payload,
    audience: audienceOf(conversation),
    order: { no, membershipVersion, rev },
  };
  if (peerIds || members.length === 0) return [inOrder];
  const userIds = members.map(({ userId }) => userId);
  return [inOrder, { ...inOrder, audience: { kind: 'inboxes', space, userIds }, order: undefined }];
}

/** The members of a direct conversation that was made just now. */
export function newPeers({ peerIds }: ConversationFacts): Member[] {
  const start = { role: 'member', fromSeq: 0, readSeq: 0, deliveredSeq: 0 } as const;
  return [...new Set(peerIds)].map((userId) => ({ userId, ...start }));
}

function changedFacts({ title, status, lastSeq, memberCount, membershipVersion }: ConversationFacts) {
  return { ...(title !== undefined && { title }), status, lastSeq, memberCount, membershipVersion };
}
