import { conversationId, messageId, staffId } from '@parley/protocol';
import type { Golden } from './transcript.ts';

/*
 * What stands behind a transcript where the table stands alone: one conversation of the first two of the cast, direct
 * unless a transcript says otherwise, and what admins say to everybody. On the other stages the server has its own.
 */
const no = 7;
const announcementsNo = 8;
const epoch = 'epoch';

export const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 21, 10, 30, seconds)).toISOString();
export const chatId = conversationId(no);
export const announcementsId = conversationId(announcementsNo);
export const idOf = (seq: number): string => messageId(no, seq);

export type Fields = { readonly [key: string]: Golden };

export const message = (seq: number, senderId: string, body: string, more: Fields = {}) =>
  ({
    id: idOf(seq),
    conversationId: chatId,
    seq,
    rev: 0,
    senderId,
    kind: 'text',
    body,
    createdAt: at(seq),
    ...more,
  }) as const;

export const deleted = (seq: number, senderId: string) => message(seq, senderId, '', { rev: 1, deletedAt: at(50) });

export const stored = (seq: number) =>
  ({
    id: idOf(seq),
    conversationId: chatId,
    seq,
    createdAt: at(seq),
    epoch,
    duplicate: false,
  }) as const;

/** The conversation as one of the two sees it, with so much that is unread. */
export const conversation = (peerId: string, lastSeq: number, unread: number, lastMessage?: Golden) =>
  ({
    id: chatId,
    kind: 'direct',
    status: 'active',
    peerId,
    memberCount: 2,
    membershipVersion: 1,
    firstSeq: 1,
    lastSeq,
    rev: 0,
    fromSeq: 0,
    readSeq: lastSeq - unread,
    deliveredSeq: lastSeq - unread,
    unread,
    createdAt: at(0),
    lastAt: at(lastSeq),
    ...(lastMessage !== undefined && { lastMessage }),
  }) as const;

export const opened = (peerId: string, lastSeq: number) =>
  ({ conversation: conversation(peerId, lastSeq, 0), epoch }) as const;

export const advanced = (userId: string, readSeq: number, deliveredSeq = readSeq) =>
  ({ conversationId: chatId, rev: 1, userId, readSeq, deliveredSeq, at: at(40) }) as const;

/** The same of what is said to everybody. */
const amongAnnouncements = (seq: number) =>
  ({ id: messageId(announcementsNo, seq), conversationId: announcementsId }) as const;

export const announced = (seq: number, body: string) =>
  ({ ...message(seq, staffId, body), ...amongAnnouncements(seq) }) as const;

export const storedAnnouncement = (seq: number) => ({ ...stored(seq), ...amongAnnouncements(seq) }) as const;

export function announcements(lastSeq: number, unread: number, lastMessage: Golden) {
  const { peerId: _, ...facts } = conversation('', lastSeq, unread, lastMessage);
  return { ...facts, id: announcementsId, kind: 'announcement', memberCount: 0 } as const;
}
