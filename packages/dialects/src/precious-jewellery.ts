import { errors, limits, type Payload, staffId } from '@parley/protocol';
import { type Static, Type } from 'typebox';
import type { Dialect, Spoken } from './dialect.ts';
import { anyIds } from './imported.ts';
import { pageOf, Page } from './pages.ts';
import {
  fields,
  NewMessage,
  OneConversation,
  oneMessage,
  OneMessage,
  oneReaction,
  oneself,
  OneUser,
  PageOfOne,
  Peer,
  Reacting,
  said,
  sendAsAdmin,
  sendTo,
  silence,
  someUser,
  ToUser,
  toTheEnd,
  Words,
} from './precious-jewellery-asks.ts';
import {
  both,
  broadcastRow,
  conversationRow,
  done,
  nameOf,
  pagination,
  peopleIn,
  readMarkOf,
  receiverOf,
  rowOf,
  statusOf,
  storedRow,
  userOf,
} from './precious-jewellery-rows.ts';
import { refused, step } from './step.ts';
import { summaries } from './precious-jewellery-summaries.ts';

export const preciousJewellery = {
  name: 'precious-jewellery',
  hears: ['own'],
  describes: true,
  importedIds: anyIds,
  tokenInQuery: false,
  tryOutAt: '/views/chat-test.html',
  watches: 'everybody',
  opening: [],

  inbound: {
    send_message: [step('message.send', NewMessage, { asks: sendTo, says: silence })],
    typing_start: typing('typing.start'),
    typing_stop: typing('typing.stop'),
    mark_message_read: [step('message.read', OneMessage, { asks: oneMessage, says: silence })],
    admin_broadcast: [
      step('announcement.send', Words, {
        asks: said,
        says: (output, { given }): readonly Spoken[] => [['message_sent', { data: broadcastRow(output, given) }]],
      }),
    ],
    admin_message_user: [step('message.send', ToUser, { asks: sendAsAdmin, says: silence })],
    add_reaction: [step('reaction.add', Reacting, { asks: oneReaction, says: silence })],
    remove_reaction: [step('reaction.remove', Reacting, { asks: oneReaction, says: silence })],
  },

  outbound: {
    'session.ready': 'silent',
    'message.created': (message, about, { own }) => {
      const data = rowOf(message, about.person(message.senderId), receiverOf(message.senderId, about));
      if (about.conversation?.kind === 'announcement') return [['admin_broadcast', { data }]];
      return [[own ? 'message_sent' : 'new_message', { data }]];
    },
    // How a node tells a reaction whose event was lost.
    'message.edited': ({ id, conversationId, reactions = [] }) => [
      ['message_reaction', { data: { messageId: id, conversationId, reactions } }],
    ],
    'message.deleted': 'silent',
    'reaction.changed': ({ conversationId, userId, emoji, reacted, message }, about) => {
      const { id: messageId, reactions = [] } = message;
      const by = { userId, userName: nameOf(about.person(userId)), emoji, action: reacted ? 'added' : 'removed' };
      return [['message_reaction', { data: { messageId, conversationId, ...by, reactions } }]];
    },
    'receipt.advanced': (receipt, about, { own }) => {
      const mark = readMarkOf(receipt, about);
      return own || mark === undefined ? [] : [['message_read', both(mark)]];
    },
    'conversation.changed': 'silent',
    'typing.changed': ({ conversationId, userId, typing: isTyping }, about, { own }) =>
      own
        ? []
        : [
            [
              'user_typing',
              both({ senderId: userId, userId, senderName: nameOf(about.person(userId)), conversationId, isTyping }),
            ],
          ],
    'viewing.changed': 'silent',
    'notification.raised': 'silent',
    'presence.changed': ({ presences }) =>
      presences.flatMap((presence): readonly Spoken[] => {
        const { userId, status, stale } = presence;
        // `agents` is no user: it stands for all of the staff.
        if (status === 'unknown' || stale || userId === staffId) return [];
        return [['user_status_update', both(statusOf(presence))]];
      }),
    heads: 'silent',
    'server.migrate': 'silent',
    'session.closing': ({ code, message }) => [['error', { success: false, message, code }]],
  },

  summaries,

  routes: [
    {
      method: 'GET',
      path: '/api/v0/chat/conversations',
      step: step('conversation.page', Page, {
        asks: (given) => pageOf(given, 20),
        people: ({ conversations }, _given, me) => peopleIn(conversations, me.userId),
        says: ({ conversations, total }, { given, me, person }) => ({
          ...done(conversations.map((conversation) => conversationRow(conversation, me.userId, person))),
          pagination: pagination(total, given, 20),
        }),
      }),
    },
    {
      method: 'GET',
      path: '/api/v0/chat/unread-count',
      step: step('unread.total', Type.Object({}), {
        asks: () => ({}),
        says: ({ total }) => done({ unreadCount: total, count: total }),
      }),
    },
    {
      method: 'GET',
      path: '/api/v0/chat/online-users',
      step: step('presence.online', Type.Object({}), {
        asks: () => ({ limit: limits.pageMax }),
        says: ({ users }) => {
          if (users === 'unknown') throw refused('unavailable');
          return done(
            users.map((person) => ({ ...userOf(person), userId: person.userId, status: 'online', isOnline: true })),
          );
        },
      }),
    },
    {
      method: 'GET',
      path: '/api/v0/chat/user-status/:userId',
      step: step('presence.watch', OneUser, {
        asks: ({ userId }) => ({ userIds: [userId] }),
        says: ({ presences: [presence] }) => {
          if (!presence) throw refused('not_found', 'There is no such user.');
          return done(statusOf(presence));
        },
      }),
    },
    {
      method: 'GET',
      path: '/api/v0/chat/conversation/:receiverId',
      step: step('conversation.open', Peer, {
        asks: ({ receiverId }) => ({ peerId: receiverId }),
        people: ({ conversation }, _given, me) => peopleIn([conversation], me.userId),
        says: ({ conversation }, { me, person }) => done(conversationRow(conversation, me.userId, person)),
      }),
    },
    {
      method: 'GET',
      path: '/api/v0/chat/conversation/:conversationId/messages',
      step: step('history.offset', PageOfOne, {
        asks: ({ conversationId, ...given }) => ({
          conversationId,
          ...pageOf(given, limits.pageDefault),
          order: 'desc',
        }),
        people: ({ messages, conversation }, _given, me) => [
          ...peopleIn([conversation], me.userId),
          ...messages.map(({ senderId }) => senderId),
        ],
        says: ({ messages, total, conversation: { peerId = null }, receipts }, { given, me, person }) => {
          const readAt = new Map(receipts.map((receipt) => [receipt.messageId, receipt.readAt]));
          const rows = messages.map((message) => {
            const receiverId = peerId !== null && message.senderId !== me.userId ? me.userId : peerId;
            return rowOf(message, person(message.senderId), receiverId, readAt.get(message.id));
          });
          // The first page has the newest, and each page reads downwards.
          return { ...done(rows.reverse()), pagination: pagination(total, given, limits.pageDefault) };
        },
      }),
    },
    {
      method: 'POST',
      path: '/api/v0/chat/send',
      status: 201,
      step: step('message.send', NewMessage, {
        asks: sendTo,
        people: oneself,
        says: (output, { given, me, person }) =>
          done(storedRow(output, given, person(me.userId), given.receiverId), 'Message sent'),
      }),
    },
    {
      method: 'PUT',
      path: '/api/v0/chat/message/:messageId/read',
      step: step('message.read', OneMessage, {
        asks: oneMessage,
        says: ({ unread }, { given: { messageId }, now }) =>
          done({ messageId, isRead: true, readAt: now.toISOString(), unreadCount: unread }, 'Message marked as read'),
      }),
    },
    {
      method: 'PUT',
      path: '/api/v0/chat/conversation/:conversationId/read',
      step: step('receipt.read', OneConversation, {
        asks: ({ conversationId }) => ({ conversationId, seq: toTheEnd }),
        says: ({ unread }, { given: { conversationId } }) =>
          done({ conversationId, unreadCount: unread }, 'Messages marked as read'),
      }),
    },
    {
      method: 'DELETE',
      path: '/api/v0/chat/message/:messageId',
      step: step('message.delete', OneMessage, {
        asks: oneMessage,
        says: (_output, { given: { messageId } }) => done({ messageId, isDeleted: true }, 'Message deleted'),
      }),
    },
    {
      method: 'POST',
      path: '/api/v0/chat/message/:messageId/reaction',
      step: step('reaction.add', Reacting, { asks: oneReaction, says: reactionsOf('Reaction added') }),
    },
    {
      method: 'DELETE',
      path: '/api/v0/chat/message/:messageId/reaction/:emoji',
      step: step('reaction.remove', Reacting, { asks: oneReaction, says: reactionsOf('Reaction removed') }),
    },
    {
      method: 'POST',
      path: '/api/v0/chat/admin/broadcast',
      status: 201,
      step: step('announcement.send', Words, {
        asks: said,
        says: (output, { given }) => done(broadcastRow(output, given), 'Broadcast sent'),
      }),
    },
    {
      method: 'POST',
      path: '/api/v0/chat/admin/send-to-user',
      status: 201,
      step: step('message.send', ToUser, {
        asks: sendAsAdmin,
        people: oneself,
        says: (output, { given, me, person }) =>
          done(storedRow(output, given, person(me.userId), given.userId), 'Message sent'),
      }),
    },
  ],

  fields,

  refusals: {
    event: ({ code, message, retryAfterMs }) => [
      ['error', { success: false, message, code, ...(retryAfterMs !== undefined && { retryAfterMs }) }],
    ],
    body: ({ code, message, details, retryAfterMs }) => ({
      success: false,
      message,
      error: {
        code,
        status: errors[code].status,
        ...(details && { details }),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      },
    }),
  },
} as const satisfies Dialect;

/** Who types may do so before anything was said: from there on the conversation is there. */
function typing(command: 'typing.start' | 'typing.stop') {
  const asks = ({ receiverId }: Static<typeof Peer>) => ({ peerId: someUser(receiverId) });
  return [step('conversation.open', Peer, { asks, says: silence }), step(command, Peer, { asks, says: silence })];
}

function reactionsOf(words: string) {
  return ({ message: { id, conversationId, reactions = [] } }: { message: Payload<'message.created'> }) =>
    done({ messageId: id, conversationId, reactions }, words);
}
