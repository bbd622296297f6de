import { at, conversation, type Fields, idOf, message, opened, stored } from './canonical.ts';
import type { Golden, Said, Scene, Transcript, Turn } from './transcript.ts';

const cast = { ann: {}, ben: {} };
const pair = '<ann>_<ben>';
const reversed = '<ben>_<ann>';

const booking = (status: 'confirmed' | 'cancelled'): Turn => ({
  host: ['link.put', { userA: '<ben>', userB: '<ann>', kind: 'booking', status }],
});
const nothingUnread = { messages: [], more: false, total: 0 };

/** A connection, and what it begins with; `meets`: a peer who is there, and hears of it. */
const enters = (
  who: string,
  { queued = [], unread = nothingUnread, meets }: { queued?: readonly Golden[]; unread?: Golden; meets?: string } = {},
): Turn => {
  const connected: Said = [
    'connected',
    {
      userId: `<${who}>`,
      socketId: '<text>',
      timestamp: '<time>',
      queuedMessages: queued,
      unreadCount: queued.length,
    },
  ];
  const runs: Turn['runs'] = [['unread.messages', {}, unread]];
  if (meets === undefined) return { who, does: 'connect', runs, heard: { [who]: [connected] } };
  return {
    who,
    does: 'connect',
    runs,
    tells: [presence(meets, 'online', who), presence(who, 'online', meets)],
    heard: {
      [who]: [connected, ['user-online', { userId: `<${meets}>` }]],
      [meets]: [['user-online', { userId: `<${who}>` }]],
    },
  };
};
const leaves = (who: string, other: string): Turn => ({
  who,
  does: 'disconnect',
  tells: [presence(who, 'offline', other)],
  heard: { [other]: [['user-offline', { userId: `<${who}>` }]] },
});
const presence = (who: string, status: 'online' | 'offline', to: string) =>
  ['presence.changed', { presences: [{ userId: `<${who}>`, status }] }, [to]] as const;

const said = (text: string, senderId = '<ann>'): Fields => ({
  id: `<text:${text}>`,
  conversationId: pair,
  senderId,
  message: text,
  timestamp: `<time:${text} at>`,
  read: false,
});
const sent = (text: string, receiverId = '<ben>', senderId = '<ann>'): Fields => ({
  ...said(text, senderId),
  receiverId,
  createdAt: `<time:${text} at>`,
});
const row = (text: string, read: boolean): Fields => ({
  id: `<${text}>`,
  conversationId: pair,
  senderId: '<ann>',
  receiverId: '<ben>',
  message: text,
  read,
  createdAt: `<${text} at>`,
});

const annJoins: Turn = {
  who: 'ann',
  emits: ['join-conversation', reversed],
  runs: [
    ['conversation.open', { peerId: '<ben>' }, opened('<ben>', 0)],
    ['viewing.start', { peerId: '<ben>' }, {}],
  ],
};

const talking: Scene = {
  title: 'sends between two who have a booking, and answers one conversation id whatever the order was',
  cast,
  turns: [
    booking('confirmed'),
    enters('ann'),
    enters('ben', { meets: 'ann' }),
    annJoins,
    {
      who: 'ann',
      emits: ['send-message', { conversationId: reversed, receiverId: '<ben>', message: 'Hello!' }],
      runs: [['message.send', { peerId: '<ben>', body: 'Hello!' }, stored(1)]],
      tells: [['message.created', message(1, '<ann>', 'Hello!')]],
      heard: {
        ann: [['message-sent', sent('Hello!')]],
        ben: [['new-message', said('Hello!')]],
      },
    },
    {
      who: 'ann',
      emits: ['leave-conversation', pair],
      runs: [['viewing.stop', { peerId: '<ben>' }, {}]],
    },
    {
      who: 'ben',
      emits: ['send-message', { conversationId: pair, message: 'Nobody is named' }],
      runs: [['message.send', { peerId: '<ann>', body: 'Nobody is named' }, stored(2)]],
      tells: [['message.created', message(2, '<ben>', 'Nobody is named')]],
      heard: {
        ann: [['new-message', said('Nobody is named', '<ben>')]],
        ben: [['message-sent', sent('Nobody is named', '<ann>', '<ben>')]],
      },
    },
    leaves('ben', 'ann'),
    booking('cancelled'),
    {
      who: 'ann',
      emits: ['send-message', { conversationId: pair, receiverId: '<ben>', message: 'too late' }],
      runs: [['message.send', { peerId: '<ben>', body: 'too late' }, { refused: 'not_permitted' }]],
      heard: {
        ann: [['error', { message: 'A confirmed booking is needed to chat with this user.', code: 'not_permitted' }]],
      },
    },
  ],
};

const send = (text: string, seq: number): Turn => ({
  who: 'ann',
  emits: ['send-message', { conversationId: pair, receiverId: '<ben>', message: text }],
  runs: [['message.send', { peerId: '<ben>', body: text }, stored(seq)]],
  tells: [['message.created', message(seq, '<ann>', text)]],
  heard: { ann: [['message-sent', sent(text)]] },
});
const both = [message(1, '<ann>', 'one'), message(2, '<ann>', 'two')];
const queued = { messages: both, more: false, total: 2 };
const asked = { peerId: '<ben>', offset: 0, limit: 50, order: 'desc' };
const history = { total: 2, conversation: conversation('<ben>', 2, 0) };
const historyOf = (path: string, answer: readonly Golden[], run: NonNullable<Turn['runs']>): Turn => ({
  who: 'ann',
  requests: `GET /chat/messages/${path}`,
  route: 'GET /chat/messages/:conversationId',
  runs: run,
  answer: [200, answer],
});

const catchingUp: Scene = {
  title: 'queues what arrives meanwhile, on each connection until it is read, and keeps the history',
  cast,
  turns: [
    booking('confirmed'),
    enters('ann'),
    historyOf(pair, [], [['history.offset', asked, { refused: 'not_found' }]]),
    send('one', 1),
    send('two', 2),
    ...['once', 'and again'].flatMap(() => [
      enters('ben', { queued: [said('one'), said('two')], unread: queued, meets: 'ann' }),
      leaves('ben', 'ann'),
    ]),
    {
      who: 'ben',
      requests: 'GET /chat/conversations/<ben>',
      route: 'GET /chat/conversations/:userId',
      runs: [
        [
          'conversation.page',
          { offset: 0, limit: 200 },
          { conversations: [conversation('<ann>', 2, 2, both[1])], total: 1 },
        ],
      ],
      answer: [
        200,
        [
          {
            id: pair,
            participants: ['<ann>', '<ben>'],
            lastMessage: 'two',
            lastMessageTime: '<two at>',
            unreadCount: 2,
          },
        ],
      ],
    },
    {
      who: 'ben',
      requests: `PATCH /chat/conversations/${reversed}/read`,
      route: 'PATCH /chat/conversations/:conversationId/read',
      runs: [['receipt.read', { peerId: '<ann>', seq: Number.MAX_SAFE_INTEGER }, { readSeq: 2, unread: 0 }]],
      answer: [200, { success: true, message: 'Conversation marked as read' }],
    },
    historyOf(
      `${reversed}?limit=1&offset=1`,
      [row('one', true)],
      [
        [
          'history.offset',
          { ...asked, limit: 1, offset: 1 },
          {
            ...history,
            messages: both.slice(0, 1),
            receipts: [{ messageId: idOf(1), userId: '<ben>', readAt: at(40) }],
          },
        ],
      ],
    ),
  ],
};

const joining: Scene = {
  title: 'lists whom one only joined, so that a short page is the last one',
  cast,
  turns: [
    booking('confirmed'),
    enters('ann'),
    annJoins,
    {
      who: 'ann',
      requests: 'GET /chat/conversations/<ann>?limit=1',
      route: 'GET /chat/conversations/:userId',
      runs: [
        ['conversation.page', { offset: 0, limit: 1 }, { conversations: [conversation('<ben>', 0, 0)], total: 1 }],
      ],
      answer: [
        200,
        [{ id: pair, participants: ['<ann>', '<ben>'], lastMessage: '', lastMessageTime: '<time>', unreadCount: 0 }],
      ],
    },
  ],
};

export const tutorGo: Transcript = { dialect: 'tutor-go', ids: 'words', scenes: [talking, catchingUp, joining] };
