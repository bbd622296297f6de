import {
  announced,
  announcements,
  announcementsId,
  at,
  chatId,
  conversation,
  deleted,
  type Fields,
  idOf,
} from './canonical.ts';
import {
  Admin,
  Ann,
  announces,
  base,
  Ben,
  broadcast,
  conversationOf,
  countsUnread,
  first,
  fromAdmin,
  hello,
  isRefused,
  marksRead,
  notice,
  ok,
  opens,
  paged,
  picture,
  pictureSaid,
  reacted,
  reactions,
  refusal,
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
  written,
} from './precious-jewellery-wire.ts';
import type { Golden, Scene, Turn } from './transcript.ts';

const inboxOfBen = [
  {
    ...conversationOf(Ben, Ann),
    lastMessage: written('hello', Ann, '<ben>', hello),
    lastMessageAt: '<hello at>',
    updatedAt: '<hello at>',
    unreadCount: 1,
  },
  {
    ...conversationOf(Ben, Ann),
    _id: '<news>',
    id: '<news>',
    conversationId: '<news>',
    type: 'broadcast',
    participants: [],
    otherUser: null,
    lastMessage: written('notice', Admin, null, broadcast),
    lastMessageAt: '<notice at>',
    updatedAt: '<notice at>',
    unreadCount: 1,
  },
];

const reacts = (who: string, userIds: string[]): Turn => ({
  who,
  requests: `POST ${base}/message/<hello>/reaction`,
  route: `POST ${base}/message/:messageId/reaction`,
  body: { emoji: '💍' },
  runs: [['reaction.add', { messageId: idOf(1), emoji: '💍' }, { message: reacted(...userIds), rev: 1 }]],
  answer: ok({ messageId: '<hello>', conversationId: '<chat>', reactions: reactions(...userIds) }, 'Reaction added'),
});

const reads = (who: string, query: string, limit: number, found: Fields, answer: readonly [number, Golden]): Turn => ({
  who,
  requests: `GET ${base}/conversation/<chat>/messages${query}`,
  route: `GET ${base}/conversation/:conversationId/messages`,
  runs: [
    [
      'history.offset',
      { conversationId: chatId, offset: 0, limit, order: 'desc' },
      { conversation: conversation(who === 'ann' ? '<ben>' : '<ann>', 2, 0), receipts: [], ...found },
    ],
  ],
  answer,
});
const readByBen = { messageId: idOf(1), userId: '<ben>', readAt: at(40) };
const deletes = (who: string, runs: Runs, answer: readonly [number, Golden]): Turn => ({
  who,
  requests: `DELETE ${base}/message/<hello>`,
  route: `DELETE ${base}/message/:messageId`,
  runs,
  answer,
});
const asAdmin = (who: string, path: string, body: Fields, runs: Runs, answer: Fields | undefined): Turn => ({
  who,
  requests: `POST ${base}/admin/${path}`,
  body,
  runs,
  answer: answer
    ? ok(answer, path === 'broadcast' ? 'Broadcast sent' : 'Message sent', 201)
    : refusal(403, 'forbidden'),
});
export const overHttp: Scene = {
  title: 'opens, sends, lists, counts, reads, reacts, deletes, and lets admins speak, over HTTP',
  cast: { ...users, root },
  turns: [
    countsUnread('ben', 0),
    asAdmin(
      'root',
      'broadcast',
      { message: notice, messageType: 'text' },
      [announces],
      row('notice', Admin, null, broadcast),
    ),
    asAdmin('ben', 'broadcast', { message: notice, messageType: 'text' }, [isRefused], undefined),
    opens('ann', Ann, Ben),
    opens('ben', Ben, Ann),
    {
      who: 'ann',
      requests: `POST ${base}/send`,
      body: sendsHello,
      runs: storesHello,
      answer: ok(row('hello', Ann, '<ben>', hello), 'Message sent', 201),
    },
    {
      who: 'ben',
      requests: `GET ${base}/conversations?page=1&limit=20`,
      route: `GET ${base}/conversations`,
      runs: [
        [
          'conversation.page',
          { offset: 0, limit: 20 },
          { conversations: [conversation('<ann>', 1, 1, first), announcements(1, 1, announced(1, notice))], total: 2 },
        ],
      ],
      answer: paged(inboxOfBen, 2, 20),
    },
    countsUnread('ben', 2),
    {
      who: 'ben',
      requests: `PUT ${base}/message/<hello>/read`,
      route: `PUT ${base}/message/:messageId/read`,
      runs: [['message.read', { messageId: idOf(1) }, { readSeq: 1, unread: 0 }]],
      answer: ok({ messageId: '<hello>', isRead: true, readAt: '<time>', unreadCount: 0 }, 'Message marked as read'),
    },
    countsUnread('ben', 1),
    marksRead('ben', 'news', announcementsId, 1),
    countsUnread('ben', 0),
    {
      who: 'ben',
      requests: `POST ${base}/send`,
      body: sendsPicture,
      runs: storesPicture,
      answer: ok(row('picture', Ben, '<ann>', picture), 'Message sent', 201),
    },
    reacts('ann', ['<ann>']),
    reacts('ben', ['<ann>', '<ben>']),
    {
      who: 'ann',
      requests: `DELETE ${base}/message/<hello>/reaction/💍`,
      route: `DELETE ${base}/message/:messageId/reaction/:emoji`,
      runs: [['reaction.remove', { messageId: idOf(1), emoji: '💍' }, { message: reacted('<ben>'), rev: 2 }]],
      answer: ok({ messageId: '<hello>', conversationId: '<chat>', reactions: reactions('<ben>') }, 'Reaction removed'),
    },
    reads(
      'ann',
      '?page=1&limit=1',
      1,
      { messages: [pictureSaid], total: 2 },
      paged([row('picture', Ben, '<ann>', picture)], 2, 1, 2),
    ),
    reads(
      'ann',
      '',
      50,
      { messages: [pictureSaid, reacted('<ben>')], total: 2, receipts: [readByBen] },
      paged(
        [
          row('hello', Ann, '<ben>', {
            ...hello,
            reactions: reactions('<ben>'),
            isRead: true,
            readAt: '<time>',
          }),
          row('picture', Ben, '<ann>', picture),
        ],
        2,
        50,
      ),
    ),
    deletes('ben', [['message.delete', { messageId: idOf(1) }, { refused: 'forbidden' }]], refusal(403, 'forbidden')),
    deletes(
      'ann',
      [['message.delete', { messageId: idOf(1) }, { message: deleted(1, '<ann>'), rev: 3 }]],
      ok({ messageId: '<hello>', isDeleted: true }, 'Message deleted'),
    ),
    reads('ben', '', 50, { messages: [pictureSaid], total: 1 }, paged([row('picture', Ben, '<ann>', picture)], 1, 50)),
    asAdmin(
      'root',
      'send-to-user',
      toBen,
      sendsToBen,
      row('again', Root, '<ben>', { message: fromAdmin, conversationId: '<text:theirs>' }),
    ),
    asAdmin('ann', 'send-to-user', toBen, [], undefined),
  ],
};
