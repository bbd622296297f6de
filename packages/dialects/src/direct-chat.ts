import type { About, Conversation, Output } from '@parley/protocol';
import { limits } from '@parley/protocol';
import { type Static, Type } from 'typebox';
import type { Dialect, Spoken } from './dialect.ts';
import { conversationRow, rowOf, userOf } from './direct-chat-rows.ts';
import {
  conversationOfInteger,
  importedIntegers,
  IntegerId,
  integerOfConversation,
  integerOfMessage,
  integerOfUser,
  messageOfInteger,
} from './integers.ts';
import { Page, pageOf, totalPages } from './pages.ts';
import { type Context, type Me, step } from './step.ts';
import { summaries } from './direct-chat-summaries.ts';

/* Shapes */

const Content = Type.String({ minLength: 1 });
const OneConversation = Type.Object({ conversationId: IntegerId });
const PageOfOne = Type.Object({ conversationId: IntegerId, ...Page.properties });
const NewMessage = Type.Object({
  receiverId: IntegerId,
  conversationId: Type.Optional(Type.Union([IntegerId, Type.Null()])),
  content: Content,
  attachmentUrl: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});
type NewMessage = Static<typeof NewMessage>;

/** The receiver alone decides where it goes: two users have one conversation. */
const sending = ({ receiverId, content, attachmentUrl }: NewMessage) => ({
  peerId: String(receiverId),
  body: content,
  ...(attachmentUrl && { attachments: [{ url: attachmentUrl }] }),
});

const otherThan = (userId: string, about: About): string =>
  about.conversation?.peerIds?.find((peerId) => peerId !== userId) ?? userId;

const done = (data: unknown, message?: string) => ({ success: true, ...(message !== undefined && { message }), data });
const peersIn = ({ conversations }: { conversations: readonly Conversation[] }, _: unknown, me: Me) => [
  me.userId,
  ...conversations.flatMap(({ peerId }) => peerId ?? []),
];

type Found = Output<'history.offset'>;
const bothPeers = ({ conversation }: Found, _: unknown, me: Me) => [me.userId, conversation.peerId ?? me.userId];

function pageOfRows({ messages, total, conversation, receipts }: Found, { given, me, person }: Context<Page>) {
  const peerId = conversation.peerId ?? me.userId;
  const rows = messages.map((message) => {
    const receiverId = message.senderId === me.userId ? peerId : me.userId;
    const receipt = receipts.find(({ messageId, userId }) => messageId === message.id && userId === receiverId);
    return rowOf(message, receiverId, receipt?.readAt ?? null, person);
  });
  const pages = totalPages(total, given, limits.pageDefault);
  return done({ messages: rows, total, page: given.page ?? 1, totalPages: pages });
}

/* The contract */

export const directChat = {
  name: 'direct-chat',
  hears: ['own', 'viewing'],
  describes: true,
  importedIds: importedIntegers,
  tokenInQuery: false,
  watches: 'nobody',
  opening: [],

  inbound: {
    join_personal_room: [],
    join_conversation: [silently('viewing.start')],
    leave_conversation: [silently('viewing.stop')],
    typing: [silently('typing.start')],
    stop_typing: [silently('typing.stop')],
    send_message: [
      step('message.send', NewMessage, {
        asks: sending,
        says: (): readonly Spoken[] => [],
      }),
    ],
    mark_as_read: [
      step('receipt.read', OneConversation, {
        asks: ({ conversationId }) => ({ conversationId: conversationOfInteger(conversationId), seq: toTheEnd }),
        says: (): readonly Spoken[] => [],
      }),
    ],
  },

  outbound: {
    'session.ready': 'silent',
    'message.created': (message, about, { own, viewing }) => {
      const { senderId, conversationId, body, createdAt, attachments } = message;
      const sender = userOf(about.person(senderId));
      const place = { conversationId: integerOfConversation(conversationId), content: body };
      if (!own && !viewing) {
        return [['message_notification', { from: integerOfUser(senderId), ...place, timestamp: createdAt, sender }]];
      }
      const data = {
        id: integerOfMessage(message.id),
        senderId: integerOfUser(senderId),
        receiverId: integerOfUser(otherThan(senderId, about)),
        ...place,
        attachmentUrl: attachments?.[0]?.url ?? null,
        isRead: false,
        createdAt,
        sender,
      };
      return [['new_message', data]];
    },
    'message.edited': 'silent',
    'message.deleted': 'silent',
    'reaction.changed': 'silent',
    // Where something arrived without being read, more was delivered than read.
    'receipt.advanced': ({ conversationId, userId, readSeq, deliveredSeq, messageIds }, _about, { own }) =>
      own || (readSeq < deliveredSeq && messageIds === undefined)
        ? []
        : [['messages_read', { conversationId: integerOfConversation(conversationId), userId: integerOfUser(userId) }]],
    'conversation.changed': 'silent',
    'typing.changed': ({ conversationId, userId, typing }, _about, { own, viewing }) =>
      own || !viewing
        ? []
        : [
            [
              typing ? 'user_typing' : 'user_stopped_typing',
              { userId: integerOfUser(userId), conversationId: integerOfConversation(conversationId) },
            ],
          ],
    // It has a notification of its own for each message.
    'notification.raised': 'silent',
    'viewing.changed': ({ conversationId, userId, viewing: joined }, about, { own, viewing }) => {
      if (own || !viewing) return [];
      const { name } = userOf(about.person(userId));
      const facts = { userId: integerOfUser(userId), conversationId: integerOfConversation(conversationId) };
      return joined
        ? [['user_joined', { ...facts, message: `${name} joined the conversation` }]]
        : [['user_left', { ...facts, message: `${name} left the conversation` }]];
    },
    'presence.changed': 'silent',
    heads: 'silent',
    'server.migrate': 'silent',
    'session.closing': ({ code, message }) => [['error', { code, message }]],
  },

  summaries,

  routes: [
    {
      method: 'POST',
      path: '/api/chat/send',
      status: 201,
      step: step('message.send', NewMessage, {
        asks: sending,
        people: (_output, { receiverId }, me) => [me.userId, String(receiverId)],
        says: (stored, { given, me, person }) => {
          const { peerId, ...said } = sending(given);
          const row = rowOf({ ...said, ...stored, senderId: me.userId }, peerId, null, person);
          return done(row, 'Message sent');
        },
      }),
    },
    {
      method: 'GET',
      path: '/api/chat/conversations',
      step: step('conversation.page', Page, {
        asks: (given) => pageOf(given, 20),
        people: peersIn,
        says: ({ conversations, total }, { given, me, person }) =>
          done({
            conversations: conversations.map((conversation) => conversationRow(conversation, me.userId, person)),
            total,
            page: given.page ?? 1,
            totalPages: totalPages(total, given, 20),
          }),
      }),
    },
    {
      method: 'GET',
      path: '/api/chat/conversations/:conversationId/messages',
      step: step('history.offset', PageOfOne, {
        asks: (given) => ({
          conversationId: conversationOfInteger(given.conversationId),
          ...pageOf(given, limits.pageDefault),
        }),
        people: bothPeers,
        says: pageOfRows,
      }),
    },
    {
      method: 'GET',
      path: '/api/chat/conversations/:conversationId/search',
      step: step('search.page', Type.Object({ ...PageOfOne.properties, q: Type.String({ minLength: 1 }) }), {
        asks: ({ q, ...given }) => ({
          conversationId: conversationOfInteger(given.conversationId),
          // One term, blanks and all; between marks of its own no mark can stand, then every word is one.
          q: q.includes('"') ? q : `"${q}"`,
          ...pageOf(given, limits.pageDefault),
        }),
        people: bothPeers,
        says: pageOfRows,
      }),
    },
    {
      method: 'PUT',
      path: '/api/chat/conversations/:conversationId/read',
      step: step('receipt.read', OneConversation, {
        asks: ({ conversationId }) => ({ conversationId: conversationOfInteger(conversationId), seq: toTheEnd }),
        says: ({ unread }, { given }) =>
          done({ conversationId: Number(given.conversationId), unreadCount: unread }, 'Messages marked as read'),
      }),
    },
    {
      method: 'GET',
      path: '/api/chat/unread-count',
      step: step('unread.total', Type.Object({}), {
        asks: () => ({}),
        says: ({ total }) => done({ unreadCount: total, count: total }),
      }),
    },
    {
      method: 'GET',
      path: '/api/chat/unread',
      step: step('unread.conversations', Type.Object({}), {
        asks: () => ({}),
        people: peersIn,
        says: ({ conversations }, { me, person }) =>
          done(
            conversations.map((conversation) => {
              const row = conversationRow(conversation, me.userId, person);
              const otherParticipant = userOf(person(conversation.peerId ?? me.userId));
              return { ...row, conversationId: row.id, unreadCount: conversation.unread, otherParticipant };
            }),
          ),
      }),
    },
    {
      method: 'DELETE',
      path: '/api/chat/messages/:messageId',
      step: step('message.delete', Type.Object({ messageId: IntegerId }), {
        asks: ({ messageId }) => ({ messageId: messageOfInteger(messageId) }),
        says: (_output, { given }) => done({ id: Number(given.messageId) }, 'Message deleted'),
      }),
    },
  ],

  fields: {
    body: ['content'],
    peerId: ['receiverId'],
    conversationId: ['conversationId'],
    messageId: ['messageId'],
    'attachments/0/url': ['attachmentUrl'],
    q: ['q'],
    offset: ['page'],
  },

  refusals: {
    event: ({ code, message, retryAfterMs }) => [
      ['error', { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) }],
    ],
    body: ({ code, message, details, retryAfterMs }) => ({
      success: false,
      message,
      error: { code, ...(details && { details }), ...(retryAfterMs !== undefined && { retryAfterMs }) },
    }),
  },
} as const satisfies Dialect;

/** Receipts are clamped to the head. */
const toTheEnd = Number.MAX_SAFE_INTEGER;

/** A signal about one conversation, of which the one who gave it hears nothing. */
function silently(command: 'viewing.start' | 'viewing.stop' | 'typing.start' | 'typing.stop') {
  return step(command, OneConversation, {
    asks: ({ conversationId }) => ({ conversationId: conversationOfInteger(conversationId) }),
    says: (): readonly Spoken[] => [],
  });
}
