import type { About, Conversation, Message, Person } from '@parley/protocol';
import { limits } from '@parley/protocol';
import { Type } from 'typebox';
import type { Dialect, Spoken } from './dialect.ts';
import {
  conversationOfInteger,
  IntegerId,
  integerOfConversation,
  integerOfMessage,
  integerOfUser,
  messageOfInteger,
} from './integers.ts';
import { Page, pageOf, totalPages } from './pages.ts';
import { step } from './step.ts';

/* Shapes */

const Content = Type.String({ minLength: 1 });
const OneConversation = Type.Object({ conversationId: IntegerId });
const PageOfOne = Type.Object({ conversationId: IntegerId, ...Page.properties });
const NewMessage = Type.Object({
  receiverId: IntegerId,
  conversationId: Type.Optional(Type.Union([IntegerId, Type.Null()])),
  content: Content,
});

const userOf = ({ userId, name, email, role }: Person) => ({
  id: integerOfUser(userId),
  name: name ?? userId,
  email: email ?? null,
  role,
});

/** The peers, the lower id first: the same for everybody. */
const participantsOf = (a: string, b: string) => {
  const inOrder = Number(a) < Number(b) || (Number.isNaN(Number(a) + Number(b)) && a < b);
  return inOrder ? ([a, b] as const) : ([b, a] as const);
};

const otherThan = (userId: string, about: About): string =>
  about.conversation?.peerIds?.find((peerId) => peerId !== userId) ?? userId;

const rowOf = (message: Message, receiverId: string) => ({
  id: integerOfMessage(message.id),
  sender_id: integerOfUser(message.senderId),
  receiver_id: integerOfUser(receiverId),
  conversation_id: integerOfConversation(message.conversationId),
  content: message.body,
  attachment_url: null,
  createdAt: message.createdAt,
  updatedAt: message.editedAt ?? message.createdAt,
});

const conversationRow = (conversation: Conversation, me: string, person: (userId: string) => Person) => {
  const [first, second] = participantsOf(me, conversation.peerId ?? me);
  const { lastMessage } = conversation;
  return {
    id: integerOfConversation(conversation.id),
    participant_1_id: integerOfUser(first),
    participant_2_id: integerOfUser(second),
    last_message: lastMessage && lastMessage.deletedAt === undefined ? lastMessage.body : null,
    last_message_at: lastMessage?.createdAt ?? null,
    createdAt: conversation.createdAt,
    updatedAt: conversation.lastAt,
    participant1: userOf(person(first)),
    participant2: userOf(person(second)),
    unread_count: conversation.unread,
  };
};

const done = (data: unknown, message?: string) => ({ success: true, ...(message !== undefined && { message }), data });
const peersIn = ({ conversations }: { conversations: readonly Conversation[] }, _: unknown, me: { userId: string }) => [
  me.userId,
  ...conversations.flatMap(({ peerId }) => peerId ?? []),
];

/* The contract */

export const directChat = {
  name: 'direct-chat',
  hears: ['own', 'viewing'],
  describes: true,
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
        asks: ({ receiverId, content }) => ({ peerId: String(receiverId), body: content }),
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
      const { senderId, conversationId, body, createdAt } = message;
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
        attachmentUrl: null,
        isRead: false,
        createdAt,
        sender,
      };
      return [['new_message', data]];
    },
    'message.edited': 'silent',
    'message.deleted': 'silent',
    'reaction.changed': 'silent',
    'receipt.advanced': ({ conversationId, userId, readSeq }, _about, { own }) =>
      own || readSeq === 0
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
    'viewing.changed': ({ conversationId, userId, viewing: joined }, about, { own, viewing }) => {
      if (own || !viewing) return [];
      const name = about.person(userId).name ?? `User ${userId}`;
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

  says: {
    new_message: 'A message in a conversation that you joined, or one of your own.',
    message_notification: 'A message in a conversation of yours that you have not joined.',
    messages_read: 'Your peer has read your messages.',
    user_typing: 'Your peer is typing.',
    user_stopped_typing: 'Your peer stopped typing.',
    user_joined: 'Your peer looks at the conversation.',
    user_left: 'Your peer looks at the conversation no longer.',
    error: 'What you sent was refused, and why.',
  },

  routes: [
    {
      method: 'POST',
      path: '/api/chat/send',
      status: 201,
      step: step('message.send', NewMessage, {
        asks: ({ receiverId, content }) => ({ peerId: String(receiverId), body: content }),
        says: ({ id, conversationId, createdAt }, { given, me }) => {
          const row = {
            id: integerOfMessage(id),
            sender_id: integerOfUser(me.userId),
            receiver_id: integerOfUser(String(given.receiverId)),
            conversation_id: integerOfConversation(conversationId),
            content: given.content,
            attachment_url: null,
            is_read: false,
            read_at: null,
            createdAt,
            updatedAt: createdAt,
          };
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
        people: ({ conversation }, _, me) => [me.userId, conversation.peerId ?? me.userId],
        says: ({ messages, total, conversation }, { given, me, person }) => {
          const peerId = conversation.peerId ?? me.userId;
          const rows = messages.map((message) => {
            const receiverId = message.senderId === me.userId ? peerId : me.userId;
            return {
              ...rowOf(message, receiverId),
              sender: userOf(person(message.senderId)),
              receiver: userOf(person(receiverId)),
            };
          });
          const pages = totalPages(total, given, limits.pageDefault);
          return done({ messages: rows, total, page: given.page ?? 1, totalPages: pages });
        },
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
