import { type Fields, idOf, message, opened, stored, storedAnnouncement } from './canonical.ts';
import type { Golden, Turn } from './transcript.ts';

/* What precious-jewellery's scenes have in common. */

export const person = (who: string, name: string, role = 'user') => ({
  _id: who,
  id: who,
  name,
  firstName: null,
  lastName: null,
  avatar: null,
  role,
});
export const [Ann, Ben, Root] = [person('<ann>', 'Ann'), person('<ben>', 'Ben'), person('<root>', 'Root', 'admin')];
export const Admin = person('agents', 'Admin', 'admin');
type Sender = typeof Ann;
export type Runs = NonNullable<Turn['runs']>;
export const users = { ann: { name: 'Ann' }, ben: { name: 'Ben' } };
export const root = { name: 'Root', role: 'admin' } as const;

export const base = '/api/v0/chat';
export const ring = 'https://example.com/ring.jpg';
export const notice = 'Important announcement!';
export const fromAdmin = 'Hello from admin';

export const ok = (data: Golden, text?: string, status = 200): readonly [number, Golden] => [
  status,
  { success: true, ...(text !== undefined && { message: text }), data },
];
export const refusal = (status: number, code: string): readonly [number, Golden] => [
  status,
  { success: false, message: '<text>', error: { code, status } },
];
export const paged = (data: Golden, total: number, limit: number, totalPages = 1): readonly [number, Golden] => [
  200,
  { success: true, data, pagination: { page: 1, limit, total, totalPages } },
];
export const both = (fields: Fields): Fields => ({ ...fields, data: fields });

/** A message, bound to the name by which the scene knows it; `receiverId` null: everybody. */
export const written = (name: string, sender: Sender, receiverId: string | null, more: Fields): Fields => ({
  _id: `<text:${name}>`,
  id: `<text:${name}>`,
  conversationId: '<text:chat>',
  senderId: sender.id,
  senderName: sender.name,
  sender,
  receiverId,
  messageType: 'text',
  replyTo: null,
  reactions: [],
  isBroadcast: receiverId === null,
  createdAt: `<time:${name} at>`,
  updatedAt: `<time:${name} at>`,
  timestamp: `<time:${name} at>`,
  ...more,
});
export const row = (name: string, sender: Sender, receiverId: string | null, more: Fields): Fields =>
  written(name, sender, receiverId, { isRead: false, readAt: null, ...more });

export const hello = { message: 'Hello!' };
export const picture = { message: ring, messageType: 'image', replyTo: '<hello>' };
export const pictureSaid = message(2, '<ben>', ring, { kind: 'image', replyTo: idOf(1) });
export const sendsHello = { receiverId: '<ben>', message: 'Hello!', messageType: 'text' };
export const sendsPicture = { receiverId: '<ann>', ...picture };
export const storesHello: Runs = [['message.send', { peerId: '<ben>', body: 'Hello!', kind: 'text' }, stored(1)]];
export const storesPicture: Runs = [
  ['message.send', { peerId: '<ann>', body: ring, kind: 'image', replyTo: idOf(1) }, stored(2)],
];

export const conversationOf = (me: Sender, other: Sender): Fields => ({
  _id: '<text:chat>',
  id: '<chat>',
  conversationId: '<chat>',
  type: 'direct',
  status: 'active',
  participants: [me, other],
  otherUser: other,
  lastMessage: null,
  lastMessageAt: null,
  unreadCount: 0,
  createdAt: '<time>',
  updatedAt: '<time>',
});
export const opens = (who: string, me: Sender, other: Sender): Turn => ({
  who,
  requests: `GET ${base}/conversation/${other.id}`,
  route: `GET ${base}/conversation/:receiverId`,
  runs: [['conversation.open', { peerId: other.id }, opened(other.id, 0)]],
  answer: ok(conversationOf(me, other)),
});
export const countsUnread = (who: string, total: number): Turn => ({
  who,
  requests: `GET ${base}/unread-count`,
  runs: [['unread.total', {}, { total }]],
  answer: ok({ unreadCount: total, count: total }),
});

export const first = message(1, '<ann>', 'Hello!');
export const broadcast = { message: notice, conversationId: '<text:news>' };
export const reactions = (...userIds: string[]): Golden =>
  userIds.length > 0 ? [{ emoji: '💍', count: userIds.length, userIds }] : [];
export const reacted = (...userIds: string[]) =>
  message(1, '<ann>', 'Hello!', { rev: 1, ...(userIds.length > 0 && { reactions: reactions(...userIds) }) });
export const marksRead = (who: string, name: string, conversationId: string, readSeq: number): Turn => ({
  who,
  requests: `PUT ${base}/conversation/<${name}>/read`,
  route: `PUT ${base}/conversation/:conversationId/read`,
  runs: [['receipt.read', { conversationId, seq: Number.MAX_SAFE_INTEGER }, { readSeq, unread: 0 }]],
  answer: ok({ conversationId: `<${name}>`, unreadCount: 0 }, 'Messages marked as read'),
});
export const announces: Runs[number] = ['announcement.send', { body: notice, kind: 'text' }, storedAnnouncement(1)];
export const isRefused = ['announcement.send', { body: notice, kind: 'text' }, { refused: 'forbidden' }] as const;
export const toBen = { userId: '<ben>', message: fromAdmin, messageType: 'text' };
export const sendsToBen: Runs = [['message.send', { peerId: '<ben>', body: fromAdmin, kind: 'text' }, stored(1)]];
