import { errors, limits } from '@parley/protocol';
import { Type } from 'typebox';
import type { Dialect, Spoken } from './dialect.ts';
import { anyIds } from './imported.ts';
import { Page, pageOf } from './pages.ts';
import { guestStep, step } from './step.ts';
import { allConversations, anyConversation, anyMessages } from './trainer-chat-admin.ts';
import {
  ConversationInPath,
  Login,
  MessageInPath,
  mustBe,
  namedIn,
  newestOf,
  NewMessage,
  OneConversation,
  OneMessage,
  PageInPath,
  PageOfUsers,
  Pair,
  oneUser,
  peerOf,
  readIn,
  reassign,
  Registration,
  registrationOf,
  sendOf,
  sendOverHttp,
  silence,
  typing,
} from './trainer-chat-asks.ts';
import {
  conversationRow,
  historyRows,
  messageRow,
  newestFitting,
  otherThan,
  peersIn,
  readRows,
  roleNamed,
  senderRow,
  sessionRow,
  userRow,
} from './trainer-chat-rows.ts';
import { summaries } from './trainer-chat-summaries.ts';

/** What the talk rule refuses, in the words of the product. */
const words = (code: keyof typeof errors, message: string) =>
  code === 'not_permitted' ? 'A user chats with their assigned trainer only.' : message;

/* The contract */

export const trainerChat = {
  name: 'trainer-chat',
  hears: ['own', 'viewing'],
  describes: true,
  importedIds: anyIds,
  tokenInQuery: false,
  watches: 'nobody',
  opening: [],

  inbound: {
    joinConversation: [
      step('viewing.start', OneConversation, { asks: namedIn, says: silence }),
      step('history.offset', OneConversation, {
        asks: (given) => newestOf(namedIn(given).conversationId),
        people: peersIn,
        says: (output, { given, ...heard }): readonly Spoken[] => [
          ['conversationHistory', { ...namedIn(given), messages: newestFitting(historyRows(output, heard)) }],
        ],
      }),
    ],
    leaveConversation: [step('viewing.stop', OneConversation, { asks: namedIn, says: silence })],
    sendMessage: [step('message.send', NewMessage, { asks: sendOf, says: silence })],
    typing: [typing],
    markAsRead: [step('message.read', OneMessage, { asks: readIn, says: silence })],
  },

  outbound: {
    'session.ready': 'silent',
    'message.created': (message, about, { own, viewing }) => {
      const row = messageRow(message, otherThan(message.senderId, about), false, about.person);
      if (own || viewing) return [['newMessage', row]];
      return [['newMessageNotification', { conversationId: row.conversationId, message: row, sender: row.sender }]];
    },
    'message.edited': 'silent',
    'message.deleted': 'silent',
    'reaction.changed': 'silent',
    'receipt.advanced': (receipt, about, { own }) =>
      own ? [] : readRows(receipt, about).map((row): Spoken => ['messageRead', row]),
    'conversation.changed': 'silent',
    'typing.changed': ({ conversationId, userId, typing: isTyping }, about, { own, viewing }) =>
      own || !viewing
        ? []
        : [['userTyping', { conversationId, userId, isTyping, user: senderRow(about.person(userId)) }]],
    // It has a notification of its own for each message.
    'notification.raised': 'silent',
    'viewing.changed': ({ conversationId, userId, viewing: joined }, about, { own, viewing }) =>
      own || !viewing
        ? []
        : [[joined ? 'userJoined' : 'userLeft', { conversationId, userId, user: senderRow(about.person(userId)) }]],
    'presence.changed': 'silent',
    heads: 'silent',
    'server.migrate': 'silent',
    'session.closing': ({ code, message }) => [['error', { message, code }]],
  },

  summaries,

  docs: '/api',

  guests: [
    {
      method: 'POST',
      path: '/auth/register',
      status: 201,
      step: guestStep('account.register', Registration, { asks: registrationOf, says: sessionRow }),
    },
    {
      method: 'POST',
      path: '/auth/login',
      step: guestStep('account.login', Login, {
        asks: ({ email, password }) => ({ email, password }),
        says: sessionRow,
      }),
    },
  ],

  routes: [
    {
      method: 'GET',
      path: '/users',
      step: step('user.list', PageOfUsers, {
        asks: ({ role, ...page }, me) => {
          mustBe(me, 'agent', 'admin');
          return { ...pageOf(page, limits.pageMax), ...(role !== undefined && { role: roleNamed(role) }) };
        },
        says: ({ users }) => users.map(userRow),
      }),
    },
    {
      method: 'GET',
      path: '/users/trainers',
      step: step('user.list', Page, {
        asks: (page) => ({ ...pageOf(page, limits.pageMax), role: 'agent' as const, active: true }),
        says: ({ users }) => users.map(userRow),
      }),
    },
    {
      method: 'GET',
      path: '/users/:id',
      step: oneUser,
    },
    {
      method: 'POST',
      path: '/users/:id/assign-trainer/:trainerId',
      status: 201,
      step: reassign,
    },
    {
      method: 'POST',
      path: '/chat/conversations',
      status: 201,
      step: step('conversation.open', Pair, {
        asks: peerOf,
        people: peersIn,
        says: ({ conversation }, { me, person }) => conversationRow(conversation, me.userId, person),
      }),
    },
    {
      method: 'GET',
      path: '/chat/conversations',
      step: step('conversation.page', Page, {
        asks: (page) => ({ ...pageOf(page, limits.pageMax), typing: true }),
        people: ({ conversations }, _given, me) => [me.userId, ...conversations.flatMap(({ peerId }) => peerId ?? [])],
        says: ({ conversations }, { me, person }) =>
          conversations.map((conversation) => conversationRow(conversation, me.userId, person)),
      }),
    },
    {
      method: 'GET',
      path: '/chat/conversations/:id',
      step: anyConversation(
        step('conversation.get', ConversationInPath, {
          asks: ({ id }) => ({ conversationId: id, typing: true }),
          people: peersIn,
          says: ({ conversation }, { me, person }) => conversationRow(conversation, me.userId, person),
        }),
      ),
    },
    {
      method: 'GET',
      path: '/chat/conversations/:id/messages',
      step: anyMessages(
        step('history.offset', PageInPath, {
          asks: ({ id, ...page }) => newestOf(id, page),
          people: peersIn,
          says: historyRows,
        }),
      ),
    },
    {
      method: 'POST',
      path: '/chat/messages',
      status: 201,
      step: sendOverHttp,
    },
    {
      method: 'PUT',
      path: '/chat/messages/:id/read',
      step: step('message.read', MessageInPath, {
        asks: ({ id }) => ({ messageId: id }),
        says: ({ unread }, { given: { id } }) => ({ success: true, id, isRead: true, unreadCount: unread }),
      }),
    },
    {
      method: 'PUT',
      path: '/chat/conversations/:id/read',
      step: step('receipt.read', ConversationInPath, {
        // Receipts are clamped to the head.
        asks: ({ id }) => ({ conversationId: id, seq: Number.MAX_SAFE_INTEGER }),
        says: ({ unread }, { given: { id } }) => ({ success: true, id, unreadCount: unread }),
      }),
    },
    {
      method: 'GET',
      path: '/chat/messages/unread/count',
      step: step('unread.total', Type.Object({}), {
        asks: () => ({}),
        says: ({ total }) => ({ count: total, unreadCount: total }),
      }),
    },
    { method: 'GET', path: '/chat/admin/conversations', step: allConversations },
    {
      method: 'PUT',
      path: '/chat/admin/conversations/:id/close',
      step: step('conversation.update', ConversationInPath, {
        asks: ({ id }, me) => {
          mustBe(me, 'admin');
          return { conversationId: id, status: 'closed' as const };
        },
        says: ({ conversationId, status }) => ({ id: conversationId, status }),
      }),
    },
  ],

  fields: {
    body: ['content'],
    kind: ['type'],
    conversationId: ['conversationId', 'id'],
    messageId: ['messageId', 'id'],
    peerId: ['receiverId', 'trainerId', 'userId'],
    userId: ['id'],
    userA: ['id'],
    userB: ['trainerId'],
    'attachments/0/url': ['fileUrl'],
    'attachments/0/name': ['fileName'],
    email: ['email'],
    password: ['password'],
    firstName: ['firstName'],
    lastName: ['lastName'],
    avatarUrl: ['avatar'],
    offset: ['page'],
  },

  refusals: {
    event: ({ code, message, retryAfterMs }) => [
      ['error', { message: words(code, message), code, ...(retryAfterMs !== undefined && { retryAfterMs }) }],
    ],
    body: ({ code, message, details, retryAfterMs }) => ({
      statusCode: errors[code].status,
      message: words(code, message),
      error: code,
      ...(details && { details }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }),
  },
} as const satisfies Dialect;
