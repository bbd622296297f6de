import {
  type About,
  type Conversation,
  type Message,
  type Output,
  type Payload,
  type Person,
  type Presence,
  staffId,
  stranger,
} from '@parley/protocol';
import { lastRead } from './imported.ts';
import { type Page, pageOf, totalPages } from './pages.ts';

/*
 * What precious-jewellery's document calls data. It leaves the names of most fields open: an id stands there as `_id` and
 * as `id`, and what it reads at the top of an event stands in the envelope too.
 */

export const nameOf = ({ userId, name, firstName, lastName }: Person): string =>
  name ?? ([firstName, lastName].filter(Boolean).join(' ') || (userId === staffId ? 'Admin' : userId));

export const userOf = (person: Person) => {
  const { userId, firstName = null, lastName = null, avatarUrl: avatar = null } = person;
  const role = userId === staffId ? 'admin' : person.role;
  return { _id: userId, id: userId, name: nameOf(person), firstName, lastName, avatar, role };
};

/** `null`: everybody. */
export const receiverOf = (senderId: string, { conversation }: About): string | null =>
  conversation?.peerIds?.find((peerId) => peerId !== senderId) ?? null;

type Written = Pick<Message, 'id' | 'conversationId' | 'senderId' | 'kind' | 'body' | 'createdAt'> &
  Pick<Partial<Message>, 'replyTo' | 'reactions' | 'editedAt' | 'attachments'>;

/** A message where nothing is known of whether it was read. */
const writtenRow = (message: Written, sender: Person, receiverId: string | null) => ({
  _id: message.id,
  id: message.id,
  conversationId: message.conversationId,
  senderId: message.senderId,
  senderName: nameOf(sender),
  sender: userOf(sender),
  receiverId,
  message: message.body,
  messageType: message.kind,
  replyTo: message.replyTo ?? null,
  reactions: message.reactions ?? [],
  ...(message.attachments && { attachments: message.attachments }),
  isBroadcast: receiverId === null,
  createdAt: message.createdAt,
  updatedAt: message.editedAt ?? message.createdAt,
  timestamp: message.createdAt,
});

export const rowOf = (message: Written, sender: Person, receiverId: string | null, readAt: string | null = null) => ({
  ...writtenRow(message, sender, receiverId),
  isRead: readAt !== null,
  readAt,
});

type Given = { message: string; messageType?: Message['kind']; replyTo?: string | null };

/** What a send was answered with, and what it carried, as the row that everybody else gets. */
export const storedRow = (
  { id, conversationId, createdAt }: Output<'message.send'>,
  { message: body, messageType: kind = 'text', replyTo }: Given,
  sender: Person,
  receiverId: string | null,
) => {
  const stored = { id, conversationId, senderId: sender.userId, kind, body, createdAt };
  return rowOf({ ...stored, ...(replyTo ? { replyTo } : {}) }, sender, receiverId);
};

export const conversationRow = (conversation: Conversation, me: string, person: (userId: string) => Person) => {
  const { id, kind, peerId, lastMessage, unread, status, createdAt, lastSeq, lastAt } = conversation;
  const movedAt = lastMessage?.createdAt ?? lastAt;
  const isThere = lastMessage && lastMessage.deletedAt === undefined;
  const receiverId = peerId === undefined ? null : lastMessage?.senderId === me ? peerId : me;
  const other = peerId === undefined ? null : userOf(person(peerId));
  return {
    _id: id,
    id,
    conversationId: id,
    type: kind === 'announcement' ? 'broadcast' : kind,
    status,
    participants: other ? [userOf(person(me)), other] : [],
    otherUser: other,
    lastMessage: isThere ? writtenRow(lastMessage, person(lastMessage.senderId), receiverId) : null,
    lastMessageAt: lastSeq > 0 ? movedAt : null,
    unreadCount: unread,
    createdAt,
    updatedAt: movedAt,
  };
};

/** What admins say to everybody is said by the staff, whoever it was. */
export const broadcastRow = (output: Output<'message.send'>, given: Given) =>
  storedRow(output, given, stranger(staffId), null);

/** Whose profiles the rows of conversations need. */
export const peopleIn = (conversations: readonly Conversation[], me: string): string[] => [
  me,
  ...conversations.flatMap(({ peerId = me, lastMessage }) => [peerId, lastMessage?.senderId ?? me]),
];

/** Which messages were read, and by whom: those that were read by themselves, else the last of all up to there. */
export function readMarkOf(receipt: Payload<'receipt.advanced'>, about: About) {
  const { conversationId, userId, messageIds, at } = receipt;
  const all = messageIds ?? [lastRead(receipt, about)].filter((id) => id !== undefined);
  if (all.length === 0) return undefined;
  const reader = { readBy: userId, userId, readerName: nameOf(about.person(userId)) };
  return { messageId: all.at(-1), messageIds: all, conversationId, ...reader, readAt: at, isRead: true };
}

/** `null`, and not `false`, while nobody can tell. */
export const statusOf = ({ userId, status, lastSeen }: Presence) => ({
  userId,
  status,
  isOnline: status === 'unknown' ? null : status === 'online',
  lastSeen: lastSeen ?? null,
});

export const done = (data: unknown, message?: string) => ({
  success: true,
  ...(message !== undefined && { message }),
  data,
});

export const both = <F extends object>(fields: F) => ({ ...fields, data: fields });

export const pagination = (total: number, given: Page, otherwise: number) => ({
  page: given.page ?? 1,
  limit: pageOf(given, otherwise).limit,
  total,
  totalPages: totalPages(total, given, otherwise),
});
