import { advanced, at, chatId, conversation, deleted, type Fields, idOf, message, stored } from './canonical.ts';
import type { Golden, Scene, Transcript, Turn } from './transcript.ts';

const person = (who: string, name: string): Fields => ({ id: `<${who}>`, name, avatar: null, role: 'user' });
const [Ann, Ben] = [person('ann', 'Ann'), person('ben', 'Ben')];
const cast = { ann: { name: 'Ann' }, ben: { name: 'Ben' } };
const image = 'https://example.com/image.jpg';
const hello = 'Hello! How are you?';

const ok = (data: Golden, text?: string): readonly [number, Golden] => [
  200,
  { success: true, ...(text !== undefined && { message: text }), data },
];
const refusal = (code: string): Golden => ({ success: false, message: '<text:why>', error: { code } });

/* What is stored */

const row = {
  id: '<integer:hello>',
  sender_id: '<ann>',
  receiver_id: '<ben>',
  conversation_id: '<integer:chat>',
  content: hello,
  attachment_url: image,
  is_read: false,
  read_at: null,
  createdAt: '<time:hello at>',
  updatedAt: '<hello at>',
  sender: Ann,
  receiver: Ben,
};
const inbox = {
  id: '<chat>',
  participant_1_id: '<ann>',
  participant_2_id: '<ben>',
  last_message: hello,
  last_message_at: '<hello at>',
  createdAt: '<time:begun>',
  updatedAt: '<hello at>',
  participant1: Ann,
  participant2: Ben,
  unread_count: 1,
};
const first = message(1, '<ann>', hello, { attachments: [{ url: image }] });
const seenByBen = conversation('<ann>', 1, 1, first);
const page = { page: 1, totalPages: 1 };
const history = { messages: [first], total: 1, conversation: conversation('<ben>', 1, 0), receipts: [] };
const asked = { conversationId: chatId, offset: 0, limit: 50 };

const countUnread = (count: number): Turn => ({
  who: 'ben',
  requests: 'GET /api/chat/unread-count',
  runs: [['unread.total', {}, { total: count }]],
  answer: ok({ unreadCount: count, count }),
});

const overHttp: Scene = {
  title: 'sends over HTTP, and lists, counts, searches, reads and deletes',
  cast,
  turns: [
    countUnread(0),
    {
      who: 'ann',
      requests: 'POST /api/chat/send',
      body: { receiverId: '<ben>', content: hello, attachmentUrl: image },
      runs: [['message.send', { peerId: '<ben>', body: hello, attachments: [{ url: image }] }, stored(1)]],
      answer: [201, { success: true, message: 'Message sent', data: row }],
    },
    {
      who: 'ben',
      requests: 'GET /api/chat/conversations?page=1&limit=20',
      runs: [['conversation.page', { offset: 0, limit: 20 }, { conversations: [seenByBen], total: 1 }]],
      answer: ok({ conversations: [inbox], total: 1, ...page }),
    },
    countUnread(1),
    {
      who: 'ben',
      requests: 'GET /api/chat/unread',
      runs: [['unread.conversations', {}, { conversations: [seenByBen], more: false }]],
      answer: ok([{ ...inbox, conversationId: '<chat>', unreadCount: 1, otherParticipant: Ann }]),
    },
    {
      who: 'ben',
      requests: 'GET /api/chat/conversations/<chat>/search?q=HELLO!%20how&page=1&limit=10',
      route: 'GET /api/chat/conversations/:conversationId/search',
      runs: [
        [
          'search.page',
          { conversationId: chatId, q: '"HELLO! how"', offset: 0, limit: 10 },
          { ...history, conversation: seenByBen },
        ],
      ],
      answer: ok({ messages: [row], total: 1, ...page }),
    },
    {
      who: 'ben',
      requests: 'PUT /api/chat/conversations/<chat>/read',
      route: 'PUT /api/chat/conversations/:conversationId/read',
      runs: [['receipt.read', { conversationId: chatId, seq: Number.MAX_SAFE_INTEGER }, { readSeq: 1, unread: 0 }]],
      answer: ok({ conversationId: '<chat>', unreadCount: 0 }, 'Messages marked as read'),
    },
    countUnread(0),
    {
      who: 'ann',
      requests: 'GET /api/chat/conversations/<chat>/messages?page=1&limit=50',
      route: 'GET /api/chat/conversations/:conversationId/messages',
      runs: [
        ['history.offset', asked, { ...history, receipts: [{ messageId: idOf(1), userId: '<ben>', readAt: at(40) }] }],
      ],
      answer: ok({ messages: [{ ...row, is_read: true, read_at: '<time:read at>' }], total: 1, ...page }),
    },
    {
      who: 'ben',
      requests: 'DELETE /api/chat/messages/<hello>',
      route: 'DELETE /api/chat/messages/:messageId',
      runs: [['message.delete', { messageId: idOf(1) }, { refused: 'forbidden' }]],
      answer: [403, refusal('forbidden')],
    },
    {
      who: 'ann',
      requests: 'DELETE /api/chat/messages/<hello>',
      route: 'DELETE /api/chat/messages/:messageId',
      runs: [['message.delete', { messageId: idOf(1) }, { message: deleted(1, '<ann>'), rev: 1 }]],
      answer: ok({ id: '<hello>' }, 'Message deleted'),
    },
    {
      who: 'ben',
      requests: 'GET /api/chat/conversations/<chat>/messages',
      route: 'GET /api/chat/conversations/:conversationId/messages',
      runs: [
        ['history.offset', asked, { messages: [], total: 0, conversation: conversation('<ann>', 1, 0), receipts: [] }],
      ],
      answer: ok({ messages: [], total: 0, page: 1, totalPages: 0 }),
    },
  ],
};

/* What is told */

const enters = (who: string): Turn[] => [
  { who, does: 'connect' },
  { who, emits: ['join_personal_room'] },
];
const here = { conversationId: chatId };
const facts = (who: string): Fields => ({ conversationId: '<chat>', userId: `<${who}>` });
const signal = (
  who: string,
  event: string,
  command: 'viewing.start' | 'viewing.stop' | 'typing.start' | 'typing.stop',
) => ({ who, emits: [event, { conversationId: '<chat>' }], runs: [[command, here, {}]] }) as const;
const viewing = (userId: string, looks: boolean) =>
  ['viewing.changed', { conversationId: chatId, userId, viewing: looks }] as const;
const typing = (types: boolean) =>
  ['typing.changed', { conversationId: chatId, userId: '<ann>', typing: types }] as const;

const notified = (content: string): Fields => ({
  from: '<ann>',
  conversationId: '<integer:chat>',
  content,
  timestamp: `<time:${content} at>`,
  sender: Ann,
});
const said = (content: string): Fields => ({
  id: `<integer:${content}>`,
  senderId: '<ann>',
  receiverId: '<ben>',
  conversationId: '<integer:chat>',
  content,
  attachmentUrl: null,
  isRead: false,
  createdAt: `<time:${content} at>`,
  sender: Ann,
});
const send = (content: string): Turn => ({
  who: 'ann',
  emits: ['send_message', { receiverId: '<ben>', conversationId: '<chat>', content }],
});

const overSockets: Scene = {
  title: 'tells those who are in a conversation what happens there, and notifies who is not',
  cast,
  turns: [
    ...enters('ann'),
    ...enters('ben'),
    {
      who: 'ann',
      emits: ['send_message', { receiverId: '<ben>', content: 'first', attachmentUrl: image }],
      runs: [['message.send', { peerId: '<ben>', body: 'first', attachments: [{ url: image }] }, stored(1)]],
      tells: [['message.created', message(1, '<ann>', 'first', { attachments: [{ url: image }] })]],
      heard: {
        ben: [['message_notification', notified('first')]],
        ann: [['new_message', { ...said('first'), attachmentUrl: image }]],
      },
    },
    { ...signal('ann', 'join_conversation', 'viewing.start'), tells: [viewing('<ann>', true)] },
    // It comes after what was just told: from here on nobody can hear that ann came.
    {
      ...send('second'),
      runs: [['message.send', { peerId: '<ben>', body: 'second' }, stored(2)]],
      tells: [['message.created', message(2, '<ann>', 'second')]],
      heard: { ann: [['new_message', said('second')]], ben: [['message_notification', notified('second')]] },
    },
    {
      ...signal('ben', 'join_conversation', 'viewing.start'),
      tells: [viewing('<ben>', true)],
      heard: { ann: [['user_joined', { ...facts('ben'), message: 'Ben joined the conversation' }]] },
    },
    {
      ...signal('ann', 'typing', 'typing.start'),
      tells: [typing(true)],
      heard: { ben: [['user_typing', facts('ann')]] },
    },
    {
      ...send('third'),
      runs: [['message.send', { peerId: '<ben>', body: 'third' }, stored(3)]],
      tells: [['message.created', message(3, '<ann>', 'third')]],
      heard: {
        ann: [['new_message', said('third')]],
        ben: [['new_message', said('third')]],
      },
    },
    {
      ...signal('ann', 'stop_typing', 'typing.stop'),
      tells: [typing(false)],
      heard: { ben: [['user_stopped_typing', facts('ann')]] },
    },
    {
      who: 'ben',
      emits: ['mark_as_read', { conversationId: '<chat>' }],
      runs: [['receipt.read', { ...here, seq: Number.MAX_SAFE_INTEGER }, { readSeq: 3, unread: 0 }]],
      tells: [['receipt.advanced', advanced('<ben>', 3)]],
      heard: { ann: [['messages_read', facts('ben')]] },
    },
    {
      ...signal('ben', 'leave_conversation', 'viewing.stop'),
      tells: [viewing('<ben>', false)],
      heard: { ann: [['user_left', { ...facts('ben'), message: 'Ben left the conversation' }]] },
    },
    {
      ...send('fourth'),
      runs: [['message.send', { peerId: '<ben>', body: 'fourth' }, stored(4)]],
      tells: [['message.created', message(4, '<ann>', 'fourth')]],
      heard: {
        ann: [['new_message', said('fourth')]],
        ben: [['message_notification', notified('fourth')]],
      },
    },
    {
      ...signal('ben', 'join_conversation', 'viewing.start'),
      tells: [viewing('<ben>', true)],
      heard: { ann: [['user_joined', { ...facts('ben'), message: 'Ben joined the conversation' }]] },
    },
    {
      who: 'ben',
      does: 'disconnect',
      tells: [viewing('<ben>', false)],
      heard: { ann: [['user_left', { ...facts('ben'), message: 'Ben left the conversation' }]] },
    },
    {
      who: 'ann',
      emits: ['send_message', { receiverId: 1.5, content: 'to nobody' }],
      heard: { ann: [['error', { code: 'invalid', message: '<text:why>' }]] },
    },
  ],
};

export const directChat: Transcript = { dialect: 'direct-chat', ids: 'integers', scenes: [overHttp, overSockets] };
