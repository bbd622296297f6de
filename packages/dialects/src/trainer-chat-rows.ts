import {
  type About,
  type Conversation,
  type GuestOutput,
  type Message,
  type Output,
  type Payload,
  type Person,
  type Role,
} from '@parley/protocol';
import { lastRead } from './imported.ts';

/* What trainer-chat calls what: an agent is a trainer. */

type PersonOf = (userId: string) => Person;

const roleNames: Readonly<Record<Role, string>> = { user: 'user', agent: 'trainer', admin: 'admin' };
export const roleName = (role: Role): string => roleNames[role];
export const roleNamed = (name: 'user' | 'trainer' | 'admin'): Role => (name === 'trainer' ? 'agent' : name);

export const userRow = ({ createdAt, updatedAt, email, ...person }: Person) => ({
  ...senderRow(person),
  email: email ?? null,
  createdAt: createdAt ?? null,
  updatedAt: updatedAt ?? null,
});

/** Beside what they said: an address is nobody else's business. */
export const senderRow = ({ userId, name, firstName, lastName, avatarUrl, role, active }: Person) => ({
  id: userId,
  firstName: firstName ?? name ?? null,
  lastName: lastName ?? null,
  role: roleName(role),
  avatar: avatarUrl ?? null,
  isActive: active,
});

/** Whose trainer is who: of a user and somebody of the staff, the staff; of two alike, the later id. */
export function sidesOf(a: Person, b: Person): { userId: string; trainerId: string } {
  const [first, second] = a.userId < b.userId ? [a, b] : [b, a];
  const isTurned = first.role !== 'user' && second.role === 'user';
  return isTurned
    ? { userId: second.userId, trainerId: first.userId }
    : { userId: first.userId, trainerId: second.userId };
}

export const otherThan = (userId: string, { conversation }: About): string | null =>
  conversation?.peerIds?.find((peerId) => peerId !== userId) ?? null;

export function messageRow(message: Message, receiverId: string | null, isRead: boolean, person: PersonOf) {
  const [file] = message.attachments ?? [];
  return {
    id: message.id,
    conversationId: message.conversationId,
    senderId: message.senderId,
    receiverId,
    content: message.body,
    type: message.kind,
    isRead,
    fileUrl: file?.url ?? null,
    fileName: file?.name ?? null,
    createdAt: message.createdAt,
    updatedAt: message.editedAt ?? message.createdAt,
    sender: senderRow(person(message.senderId)),
  };
}

type Receipts = Output<'history.offset'>['receipts'];

export const isReadBy = (receiverId: string | null, { id }: Message, receipts: Receipts): boolean =>
  receipts.some(({ messageId: of, userId }) => of === id && userId === receiverId);

const previewCharsMax = 100;

type Facts = Pick<Conversation, 'id' | 'status' | 'createdAt' | 'lastAt' | 'lastSeq' | 'typingIds'> & {
  peers: readonly [string, string];
};

/** What is the same for everybody who sees it. */
export function conversationFacts(
  { id, status, createdAt, lastAt, lastSeq, typingIds = [], peers: [a, b] }: Facts,
  person: PersonOf,
) {
  const { userId, trainerId } = sidesOf(person(a), person(b));
  return {
    id,
    userId,
    trainerId,
    status,
    isUserTyping: typingIds.includes(userId),
    isTrainerTyping: typingIds.includes(trainerId),
    lastMessageAt: lastSeq > 0 ? lastAt : null,
    createdAt,
    updatedAt: lastAt,
    user: senderRow(person(userId)),
    trainer: senderRow(person(trainerId)),
  };
}

export function conversationRow(conversation: Conversation, me: string, person: PersonOf) {
  const { peerId = me, lastMessage, unread } = conversation;
  const isThere = lastMessage !== undefined && lastMessage.deletedAt === undefined;
  return {
    ...conversationFacts({ ...conversation, peers: [me, peerId] }, person),
    lastMessagePreview: isThere ? Array.from(lastMessage.body).slice(0, previewCharsMax).join('') : null,
    unreadCount: unread,
  };
}

/** Messages that were read one by one are named; else the newest that was read stands for all before it. */
export function readRows(receipt: Payload<'receipt.advanced'>, about: About) {
  const { conversationId, userId, messageIds, at } = receipt;
  const read = messageIds ?? [lastRead(receipt, about)].filter((id) => id !== undefined);
  return read.map((id) => ({ messageId: id, conversationId, userId, readBy: userId, isRead: true, readAt: at }));
}

type History = Output<'history.offset'>;
type Heard = { me: { userId: string }; person: PersonOf };

export const peersIn = ({ conversation }: Pick<History, 'conversation'>, _given: unknown, me: { userId: string }) => [
  me.userId,
  conversation.peerId ?? me.userId,
];

/** Oldest first, whatever page. */
export function historyRows({ messages, conversation, receipts }: History, { me, person }: Heard) {
  const peerId = conversation.peerId ?? me.userId;
  const rows = messages.map((message) => {
    const receiverId = message.senderId === me.userId ? peerId : me.userId;
    return messageRow(message, receiverId, isReadBy(receiverId, message, receipts), person);
  });
  return rows.reverse();
}

const historyCharsMax = 128 * 1024;

/** Of what a client is told at once, the end: one that joins several conversations over a slow line would be cut for more. */
export function newestFitting<R extends object>(rows: readonly R[]): readonly R[] {
  let chars = 0;
  const last = rows.findLastIndex((row) => (chars += JSON.stringify(row).length) > historyCharsMax);
  return rows.slice(Math.min(last + 1, rows.length - 1));
}

export const sessionRow = ({ user, accessToken, refreshToken, expiresAt }: GuestOutput<'account.login'>) => ({
  access_token: accessToken,
  accessToken,
  token: accessToken,
  refresh_token: refreshToken,
  expiresAt,
  user: userRow(user),
});
