import { type About, errors, limits, type Message } from '@parley/protocol';
import { Type } from 'typebox';
import type { Dialect, Spoken } from './dialect.ts';
import { anyIds } from './imported.ts';
import { pair, pairId, peerIn } from './pairs.ts';
import { refused, step } from './step.ts';
import { summaries } from './tutor-go-summaries.ts';

/* Shapes */

const PairId = Type.String({ minLength: 3, description: 'The two users, joined by `_`, in either order.' });
const UserId = Type.String({ minLength: 1 });
const NewMessage = Type.Object({
  conversationId: Type.Optional(PairId),
  receiverId: Type.Optional(UserId),
  message: Type.String({ minLength: 1 }),
});
const OnePair = Type.Object({ conversationId: PairId });
const Offset = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
});
const PageOfPair = Type.Object({ ...OnePair.properties, ...Offset.properties });
const PageOfUser = Type.Object({ userId: UserId, ...Offset.properties });

const pageOf = ({ limit, offset = 0 }: { limit?: number; offset?: number }, otherwise: number) => ({
  offset,
  limit: Math.min(limit ?? otherwise, limits.pageMax),
});

const newMessage = ({ id, senderId, body, createdAt }: Message, receiverId: string) => ({
  id,
  conversationId: pairId(senderId, receiverId),
  senderId,
  message: body,
  timestamp: createdAt,
  read: false,
});

const receiverOf = (senderId: string, { conversation }: About) =>
  conversation?.peerIds?.find((peerId) => peerId !== senderId);

/** What the talk rule refuses, in the words of the product. */
const words = (code: keyof typeof errors, message: string) =>
  code === 'not_permitted' ? 'A confirmed booking is needed to chat with this user.' : message;

const markedAsRead = { success: true, message: 'Conversation marked as read' };

/* The contract */

export const tutorGo = {
  name: 'tutor-go',
  hears: ['own'],
  describes: true,
  importedIds: anyIds,
  tokenInQuery: false,
  watches: 'acquaintances',
  opening: [
    step('unread.messages', Type.Unknown(), {
      asks: () => ({}),
      says: ({ messages, total }, { me, now }): readonly Spoken[] => [
        [
          'connected',
          {
            userId: me.userId,
            socketId: me.connectionId,
            timestamp: now.toISOString(),
            queuedMessages: messages.map((message) => newMessage(message, me.userId)),
            unreadCount: total,
          },
        ],
      ],
    }),
  ],

  inbound: {
    'send-message': [
      step('message.send', NewMessage, {
        asks: ({ conversationId = '', receiverId, message }, { userId }) => ({
          peerId: receiverId ?? peerIn(conversationId, userId),
          body: message,
        }),
        says: (): readonly Spoken[] => [],
      }),
    ],
    // A client joins before anything was said: from there on the conversation is there to be looked at.
    'join-conversation': [
      step('conversation.open', PairId, {
        asks: (id, { userId }) => ({ peerId: peerIn(id, userId) }),
        says: (): readonly Spoken[] => [],
      }),
      looking('viewing.start'),
    ],
    'leave-conversation': [looking('viewing.stop')],
  },

  outbound: {
    'session.ready': 'silent',
    'message.created': (message, about, { own }) => {
      const receiverId = receiverOf(message.senderId, about);
      if (receiverId === undefined) return [];
      const said = newMessage(message, receiverId);
      return own ? [['message-sent', { ...said, receiverId, createdAt: message.createdAt }]] : [['new-message', said]];
    },
    'message.edited': 'silent',
    'message.deleted': 'silent',
    'reaction.changed': 'silent',
    'receipt.advanced': 'silent',
    'conversation.changed': 'silent',
    'typing.changed': 'silent',
    'viewing.changed': 'silent',
    'notification.raised': 'silent',
    'presence.changed': ({ presences }) =>
      presences.flatMap(({ userId, status, stale }): readonly Spoken[] =>
        status === 'unknown' || stale ? [] : [[status === 'online' ? 'user-online' : 'user-offline', { userId }]],
      ),
    heads: 'silent',
    'server.migrate': 'silent',
    'session.closing': ({ code, message }) => [['error', { message, code }]],
  },

  summaries,

  routes: [
    {
      method: 'GET',
      path: '/chat/conversations/:userId',
      step: step('conversation.page', PageOfUser, {
        asks: (given, { userId }) => {
          if (given.userId !== userId) throw refused('forbidden', 'These are the conversations of another user.');
          return pageOf(given, limits.pageMax);
        },
        says: ({ conversations }, { me }) =>
          conversations.flatMap(({ peerId, lastMessage, lastAt, unread }) =>
            peerId === undefined
              ? []
              : {
                  id: pairId(me.userId, peerId),
                  participants: pair(me.userId, peerId),
                  lastMessage: lastMessage?.body ?? '',
                  lastMessageTime: lastMessage?.createdAt ?? lastAt,
                  unreadCount: unread,
                },
          ),
      }),
    },
    {
      method: 'GET',
      path: '/chat/messages/:conversationId',
      step: step('history.offset', PageOfPair, {
        asks: (given, { userId }) => ({
          peerId: peerIn(given.conversationId, userId),
          ...pageOf(given, limits.pageDefault),
          order: 'desc',
        }),
        says: ({ messages, receipts }, { given, me }) => {
          const peerId = peerIn(given.conversationId, me.userId);
          const conversationId = pairId(me.userId, peerId);
          return messages.map(({ id, senderId, body, createdAt }) => {
            const receiverId = senderId === me.userId ? peerId : me.userId;
            const read = receipts.some(({ messageId, userId }) => messageId === id && userId === receiverId);
            return { id, conversationId, senderId, receiverId, message: body, read, createdAt };
          });
        },
        ofNothing: () => [],
      }),
    },
    {
      method: 'PATCH',
      path: '/chat/conversations/:conversationId/read',
      step: step('receipt.read', OnePair, {
        asks: ({ conversationId }, { userId }) => ({
          peerId: peerIn(conversationId, userId),
          seq: Number.MAX_SAFE_INTEGER,
        }),
        says: () => markedAsRead,
        ofNothing: () => markedAsRead,
      }),
    },
  ],

  fields: {
    body: ['message'],
    peerId: ['receiverId', 'conversationId'],
    offset: ['offset'],
  },

  refusals: {
    event: ({ code, message, retryAfterMs }) => [
      ['error', { message: words(code, message), code, ...(retryAfterMs !== undefined && { retryAfterMs }) }],
    ],
    body: ({ code, message, retryAfterMs }) => ({
      success: false,
      statusCode: errors[code].status,
      message: words(code, message),
      error: code,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }),
  },
} as const satisfies Dialect;

function looking(command: 'viewing.start' | 'viewing.stop') {
  return step(command, PairId, {
    asks: (id, { userId }) => ({ peerId: peerIn(id, userId) }),
    says: (): readonly Spoken[] => [],
  });
}
