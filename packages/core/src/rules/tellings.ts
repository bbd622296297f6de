import { conversationId, type Member, type Message, staffId } from '@parley/protocol';
import type { Advanced } from '../ports/receipts.ts';
import type { ConversationFacts, ConversationHead, MembersChanged } from '../ports/conversations.ts';
import type { Telling } from '../ports/fanout.ts';
import type { Appended, Changed } from '../ports/messages.ts';
import { type Audience, audienceOf, isSmall } from './audience.ts';
import { asSeenByStaff, asSeenByUser, type Written } from './staff.ts';

export function messageCreated({ conversation, ...written }: Appended): Telling[] {
  const { no, membershipVersion } = conversation;
  const order = { no, membershipVersion, seq: written.message.seq };
  return heardAs(conversation, written).map((heard) => ({ name: 'message.created', ...heard, order }));
}

export function messageChanged({ conversation, rev, ...written }: Changed): Telling[] {
  const { no, membershipVersion } = conversation;
  const name = written.message.deletedAt === undefined ? 'message.edited' : 'message.deleted';
  const order = { no, membershipVersion, rev };
  return heardAs(conversation, written).map((heard) => ({ name, ...heard, order }));
}

/** Of what the staff wrote in a thread, the user hears that they did, and the staff who it was. */
function heardAs(conversation: ConversationHead, written: Written): { payload: Message; audience: Audience }[] {
  const { space, kind, peerIds = [] } = conversation;
  const toUsers = { payload: asSeenByUser(written), audience: audienceOf(conversation) };
  if (written.authorId === undefined || kind !== 'support') return [toUsers];
  const userIds = peerIds.filter((userId) => userId !== staffId);
  return [
    { ...toUsers, audience: { kind: 'inboxes', space, userIds } },
    { payload: asSeenByStaff(written), audience: { kind: 'inboxes', space, userIds: [staffId] } },
  ];
}

/** Who hears, by way of a hint, that a member does something now: of the staff, only the staff hear who it is. */
export function hintsOf(
  conversation: ConversationFacts,
  memberId: string,
  actorId: string,
): { userId: string; audience: Audience }[] {
  if (!isSmall(conversation)) return [];
  if (memberId !== staffId) return [{ userId: memberId, audience: audienceOf(conversation) }];
  const { space, peerIds = [] } = conversation;
  const userIds = peerIds.filter((userId) => userId !== staffId);
  return [
    { userId: staffId, audience: { kind: 'inboxes', space, userIds } },
    { userId: actorId, audience: { kind: 'inboxes', space, userIds: [staffId] } },
  ];
}

export function reactionChanged(
  { conversation, rev, ...written }: Changed,
  by: { userId: string; emoji: string; reacted: boolean },
): Telling[] {
  const { no, membershipVersion } = conversation;
  const order = { no, membershipVersion, rev };
  return heardAs(conversation, written).map(({ payload: message, audience }) => ({
    name: 'reaction.changed',
    payload: { conversationId: conversationId(no), rev, ...by, message },
    audience,
    order,
  }));
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
