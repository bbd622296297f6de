import { advanced, announced, at, chatId, type Fields, idOf, message, opened } from './canonical.ts';
import { overHttp } from './precious-jewellery-http.ts';
import {
  Admin,
  Ann,
  announces,
  base,
  Ben,
  both,
  broadcast,
  countsUnread,
  first,
  fromAdmin,
  hello,
  isRefused,
  marksRead,
  notice,
  ok,
  opens,
  person,
  picture,
  pictureSaid,
  reacted,
  reactions,
  Root,
  root,
  row,
  type Runs,
  sendsHello,
  sendsPicture,
  sendsToBen,
  storesHello,
  storesPicture,
  toBen,
  users,
} from './precious-jewellery-wire.ts';
import type { Golden, Said, Scene, Transcript, Turn } from './transcript.ts';

const presence = (who: string, status: 'online' | 'offline', to: readonly string[], more: Fields = {}) =>
  ['presence.changed', { presences: [{ userId: `<${who}>`, status, ...more }] }, to] as const;
const isOnline = (who: string): Said => [
  'user_status_update',
  both({ userId: `<${who}>`, status: 'online', isOnline: true, lastSeen: null }),
];
/** Two who have a conversation: who comes and who is there hear of each other. */
const meets = (who: string, other: string): Turn => ({
  who,
  does: 'connect',
  tells: [presence(other, 'online', [who]), presence(who, 'online', [other])],
  heard: { [who]: [isOnline(other)], [other]: [isOnline(who)] },
});
const connects = (who: string): Turn => ({ who, does: 'connect' });
const types = (isTyping: boolean): Turn => ({
  who: 'ann',
  emits: [isTyping ? 'typing_start' : 'typing_stop', { receiverId: '<ben>' }],
  runs: [
    ['conversation.open', { peerId: '<ben>' }, opened('<ben>', 0)],
    [isTyping ? 'typing.start' : 'typing.stop', { peerId: '<ben>' }, {}],
  ],
  tells: [['typing.changed', { conversationId: chatId, userId: '<ann>', typing: isTyping }]],
  heard: {
    ben: [
      [
        'user_typing',
        both({ senderId: '<ann>', userId: '<ann>', senderName: 'Ann', conversationId: '<chat>', isTyping }),
      ],
    ],
  },
});
const hasRead = (who: string, name: string, readerName: string): Said => [
  'message_read',
  both({
    messageId: `<${name}>`,
    messageIds: [`<${name}>`],
    conversationId: '<chat>',
    readBy: `<${who}>`,
    userId: `<${who}>`,
    readerName,
    readAt: `<time:${name} read at>`,
    isRead: true,
  }),
];
const reactsLive = (event: string, command: 'reaction.add' | 'reaction.remove', after: string[]): Turn => {
  const isAdded = command === 'reaction.add';
  const facts = { messageId: '<hello>', conversationId: '<chat>', userId: '<ben>', userName: 'Ben', emoji: '💍' };
  const told: Said = [
    'message_reaction',
    { data: { ...facts, action: isAdded ? 'added' : 'removed', reactions: reactions(...after) } },
  ];
  const rev = isAdded ? 2 : 3;
  const change = { conversationId: chatId, rev, userId: '<ben>', emoji: '💍', reacted: isAdded };
  return {
    who: 'ben',
    emits: [event, { messageId: '<hello>', emoji: '💍' }],
    runs: [[command, { messageId: idOf(1), emoji: '💍' }, { message: reacted(...after), rev }]],
    tells: [['reaction.changed', { ...change, message: reacted(...after) }]],
    heard: { ann: [told], ben: [told] },
  };
};
/** Nothing is answered before its connection hears everything that is told. */
const isToldWhy = (who: string, emits: Said, code: string, runs: Runs = []): Turn => ({
  who,
  emits,
  runs,
  heard: { [who]: [['error', { success: false, message: '<text>', code }]] },
});

const online = (who: string, name: string): Golden => ({ userId: `<${who}>`, name, role: 'user', active: true });
const listsOnline = (...there: (readonly [who: string, name: string])[]): Turn => ({
  who: 'ann',
  requests: `GET ${base}/online-users`,
  runs: [['presence.online', { limit: 200 }, { users: there.map(([who, name]) => online(who, name)) }]],
  answer: ok(
    there.map(([who, name]) => ({
      ...person(`<${who}>`, name),
      userId: `<${who}>`,
      status: 'online',
      isOnline: true,
    })),
  ),
});

const asksFor = (userId: string, status: 'online' | 'offline'): Turn => ({
  who: 'ann',
  requests: `GET ${base}/user-status/${userId}`,
  route: `GET ${base}/user-status/:userId`,
  runs: [['presence.watch', { userIds: [userId] }, { presences: [{ userId, status }] }]],
  answer: ok({ userId, status, isOnline: status === 'online', lastSeen: null }),
});

const overSockets: Scene = {
  title: 'tells who comes and goes, typing, messages, reading and reactions',
  cast: users,
  alone: true,
  turns: [
    countsUnread('ben', 0),
    opens('ann', Ann, Ben),
    connects('ann'),
    isToldWhy('ann', ['send_message', { ...sendsHello, messageType: 'system' }], 'invalid'),
    meets('ben', 'ann'),
    isToldWhy('ben', ['send_message', { receiverId: '<ann>', message: '' }], 'invalid'),
    listsOnline(['ann', 'Ann'], ['ben', 'Ben']),
    asksFor('<ben>', 'online'),
    // Whose token was never seen here may be the product's all the same.
    asksFor('nobody', 'offline'),
    types(true),
    types(false),
    {
      who: 'ann',
      emits: ['send_message', sendsHello],
      runs: storesHello,
      tells: [['message.created', first]],
      heard: {
        ann: [['message_sent', { data: row('hello', Ann, '<ben>', hello) }]],
        ben: [['new_message', { data: row('hello', Ann, '<ben>', hello) }]],
      },
    },
    {
      who: 'ben',
      emits: ['mark_message_read', { messageId: '<hello>' }],
      runs: [['message.read', { messageId: idOf(1) }, { readSeq: 1, unread: 0 }]],
      tells: [['receipt.advanced', { ...advanced('<ben>', 1), messageIds: [idOf(1)] }]],
      heard: { ann: [hasRead('ben', 'hello', 'Ben')] },
    },
    {
      who: 'ben',
      emits: ['send_message', sendsPicture],
      runs: storesPicture,
      tells: [['message.created', pictureSaid]],
      heard: {
        ann: [['new_message', { data: row('picture', Ben, '<ann>', picture) }]],
        ben: [['message_sent', { data: row('picture', Ben, '<ann>', picture) }]],
      },
    },
    {
      ...marksRead('ann', 'chat', chatId, 2),
      tells: [['receipt.advanced', advanced('<ann>', 2)]],
      heard: { ben: [hasRead('ann', 'picture', 'Ann')] },
    },
    reactsLive('add_reaction', 'reaction.add', ['<ben>']),
    reactsLive('remove_reaction', 'reaction.remove', []),
    {
      who: 'ben',
      does: 'disconnect',
      tells: [presence('ben', 'offline', ['ann'], { lastSeen: at(50) })],
      heard: {
        ann: [
          [
            'user_status_update',
            both({ userId: '<ben>', status: 'offline', isOnline: false, lastSeen: '<time:ben left at>' }),
          ],
        ],
      },
    },
    listsOnline(['ann', 'Ann']),
  ],
};

const notices = row('notice', Admin, null, broadcast);
const fromRoot = row('again', Root, '<ben>', { message: fromAdmin });
const says = { message: notice, messageType: 'text' };

const byAdmins: Scene = {
  title: 'lets admins speak to everybody and to one user, and nobody else',
  cast: { root, ben: users.ben },
  alone: true,
  turns: [
    countsUnread('ben', 0),
    opens('root', Root, Ben),
    connects('ben'),
    isToldWhy('ben', ['admin_broadcast', says], 'forbidden', [isRefused]),
    isToldWhy('ben', ['admin_message_user', { userId: '<root>', message: 'I am no admin' }], 'forbidden'),
    meets('root', 'ben'),
    {
      who: 'root',
      emits: ['admin_message_user', toBen],
      runs: sendsToBen,
      tells: [['message.created', message(1, '<root>', fromAdmin)]],
      heard: { root: [['message_sent', { data: fromRoot }]], ben: [['new_message', { data: fromRoot }]] },
    },
    {
      who: 'root',
      emits: ['admin_broadcast', says],
      runs: [announces],
      tells: [['message.created', announced(1, notice)]],
      heard: {
        root: [
          ['message_sent', { data: notices }],
          ['admin_broadcast', { data: notices }],
        ],
        ben: [['admin_broadcast', { data: notices }]],
      },
    },
  ],
};

export const preciousJewellery: Transcript = {
  dialect: 'precious-jewellery',
  ids: 'words',
  scenes: [overHttp, overSockets, byAdmins],
};
