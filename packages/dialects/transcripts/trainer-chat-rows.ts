import { chatId, type Fields } from './canonical.ts';
import type { Golden } from './transcript.ts';

/* What trainer-chat's clients are shown. */

/** In events and beside messages: without an address. */
const person = (who: string, firstName: string, role: string) => ({
  id: `<${who}>`,
  firstName,
  lastName: null,
  role,
  avatar: null,
  isActive: true,
});
type Shown = ReturnType<typeof person>;

/** As users are listed; their tokens said no address. */
export const user = (shown: Shown) => ({ ...shown, email: null, createdAt: '<time>', updatedAt: '<time>' });

export const Ann = person('ann', 'Ann', 'user');
export const Tom = person('tom', 'Tom', 'trainer');
export const Eve = person('eve', 'Eve', 'trainer');

export const row = (sender: Shown, receiverId: string, content: string, more: Fields = {}): Fields => ({
  id: `<text:${content}>`,
  conversationId: '<text:chat>',
  senderId: sender.id,
  receiverId,
  content,
  type: 'text',
  isRead: false,
  fileUrl: null,
  fileName: null,
  createdAt: `<time:${content} at>`,
  updatedAt: `<time:${content} at>`,
  sender,
  ...more,
});

/** The conversation of Ann and Tom, as anybody sees it; `lastMessageAt` is `null` before anything was said. */
export const conversationRow = (lastMessageAt: '<time>' | null, more: Fields): Fields => ({
  id: '<text:chat>',
  userId: '<ann>',
  trainerId: '<tom>',
  status: 'active',
  isUserTyping: false,
  isTrainerTyping: false,
  lastMessageAt,
  createdAt: '<time:begun>',
  updatedAt: '<time>',
  user: Ann,
  trainer: Tom,
  ...more,
});

export const refusal = (statusCode: number, error: string): readonly [number, Golden] => [
  statusCode,
  { statusCode, message: '<text>', error },
];

/** How its pages are asked for: the newest first. */
export const newest = (offset = 0, limit = 50): Fields => ({ conversationId: chatId, offset, limit, order: 'desc' });
