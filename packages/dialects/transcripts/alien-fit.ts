import { at, conversation, type Fields, message, stored } from './canonical.ts';
import type { Golden, Said, Scene, Transcript, Turn } from './transcript.ts';

const cast = {
  uma: { name: 'Uma' },
  tina: { name: 'Tina', role: 'agent' },
  ada: { name: 'Ada', role: 'admin' },
} as const;
type Who = keyof typeof cast;

/* What is said, as a user sees it and as trainers and admins do */

const shown = (text: string, by: Who, isMine: boolean): Fields => ({
  id: `<text:${text}>`,
  content: text,
  createdAt: `<time:${text} at>`,
  senderType: by === 'uma' ? 'user' : 'trainer',
  isMine,
});
const shownToStaff = (text: string, by: Who, isMine: boolean): Fields => ({
  ...shown(text, by, isMine),
  senderId: `<${by}>`,
  chatId: '<text:chat>',
  userId: '<uma>',
});
const rowFor = (reader: Who, text: string, by: Who): Fields =>
  (reader === 'uma' ? shown : shownToStaff)(text, by, reader === by);

/** What comes of a message: the user is told that the staff answered, and the staff who it was. */
function told(text: string, by: Who, seq: number, present: readonly Who[]): Pick<Turn, 'tells' | 'heard'> {
  const heard: Record<string, readonly Said[]> = {};
  for (const who of present) heard[who] = [['chat:message', rowFor(who, text, by)]];
  if (by === 'uma') return { tells: [['message.created', message(seq, '<uma>', text)]], heard };
  const staff = present.filter((who) => who !== 'uma');
  return {
    tells: [
      ['message.created', message(seq, 'agents', text), ['uma']],
      ['message.created', message(seq, `<${by}>`, text), staff],
    ],
    heard,
  };
}

const sent = (text: string, by: Who, seq: number): Pick<Turn, 'runs'> => ({
  runs: [['message.send', { peerId: by === 'uma' ? 'agents' : '<uma>', body: text }, stored(seq)]],
});

/** Of a user nobody looks at whom they name. */
const umaSays = (content: string, seq: number): Fields =>
  seq === 1 ? { content } : { userId: seq === 3 ? '' : null, content };

const emits = (text: string, by: Who, seq: number, present: readonly Who[]): Turn => ({
  who: by,
  emits: ['chat:send', by === 'uma' ? umaSays(text, seq) : { userId: '<uma>', content: text }],
  ...sent(text, by, seq),
  ...told(text, by, seq, present),
});

const posts = (text: string, by: Who, seq: number, present: readonly Who[]): Turn => ({
  who: by,
  requests: by === 'uma' ? 'POST /api/v1/chat/me/messages' : 'POST /api/v1/chat/users/<uma>/messages',
  route: by === 'uma' ? 'POST /api/v1/chat/me/messages' : 'POST /api/v1/chat/users/:userId/messages',
  body: by === 'uma' ? umaSays(text, seq) : { content: text },
  ...sent(text, by, seq),
  ...told(text, by, seq, present),
  answer: [201, { success: true, data: rowFor(by, text, by) }],
});

/** Nothing is said to somebody who comes, nor of a beat. */
const enters = (who: Who): Turn[] => [
  { who, does: 'connect' },
  { who, emits: ['heartbeat'] },
];
const refuses = (who: Who, payload: Golden, code: string, runs: Turn['runs'] = []): Turn => ({
  who,
  emits: ['chat:send', payload],
  runs,
  heard: { [who]: [['error', { message: '<text>', code }]] },
});

const everybody = ['uma', 'tina', 'ada'] as const;
const overSockets: Scene = {
  title: 'keeps one thread for a user: trainers and admins hear who and where, the user never who',
  cast,
  turns: [
    ...everybody.flatMap(enters),
    emits('Hello!', 'uma', 1, everybody),
    emits('Hello Uma.', 'tina', 2, everybody),
    emits('And from me.', 'ada', 3, everybody),
    refuses('uma', { content: '' }, 'invalid'),
    refuses('tina', { content: 'To whom' }, 'invalid'),
    refuses('tina', { userId: 'nobody', content: 'Hello' }, 'not_found', [
      ['message.send', { peerId: 'nobody', body: 'Hello' }, { refused: 'not_found' }],
    ]),
    refuses('tina', { userId: '<ada>', content: 'Hello' }, 'not_found', [
      ['message.send', { peerId: '<ada>', body: 'Hello' }, { refused: 'not_found' }],
    ]),
    { who: 'tina', does: 'disconnect' },
    emits('Still there!', 'uma', 4, ['uma', 'ada']),
  ],
};

/* What is asked for */

const thread = (peerId: string, lastSeq: number, lastMessage?: Golden): Golden => ({
  ...conversation(peerId, lastSeq, 0, lastMessage),
  kind: 'support',
});
const Uma: Fields = { id: '<uma>', name: 'Uma', email: null };
const online: Fields = { status: 'online', isOnline: true, lastSeen: null };
const watches = (now: Fields, userId = '<uma>'): NonNullable<Turn['runs']>[number] => [
  'presence.watch',
  { userIds: [userId] },
  { presences: [{ userId, ...now }] },
];

const presenceOf = (userId: string, now: Fields, data: Fields): Turn => ({
  who: 'ada',
  requests: `GET /api/v1/chat/presence/${userId}`,
  route: 'GET /api/v1/chat/presence/:userId',
  runs: [watches(now, userId)],
  answer: [200, { success: true, data: { userId, ...data } }],
  settles: true,
});

const opens = (lastSeq: number, lastMessageAt: string | null): Turn => ({
  who: 'uma',
  requests: 'GET /api/v1/chat/me',
  runs: [
    ['support.open', {}, { conversation: thread('agents', lastSeq), epoch: 'epoch' }],
    watches({ status: 'online' }),
  ],
  answer: [
    200,
    {
      success: true,
      data: { user: Uma, createdAt: '<time:begun>', lastMessageAt, messageCount: lastSeq, presence: online },
    },
  ],
  settles: true,
});

const said = [
  { text: 'one', by: 'uma', message: message(1, '<uma>', 'one') },
  { text: 'two', by: 'tina', message: message(2, '<tina>', 'two') },
  { text: 'three', by: 'uma', message: message(3, '<uma>', 'three') },
] as const;
const asSeenByUma = said.map(({ by, message: stands }) => (by === 'uma' ? stands : { ...stands, senderId: 'agents' }));

/** A page of two: what the thread answers, newest first, and what is answered, downwards. */
const history = (who: 'uma' | 'tina', page: number, from: number, to: number): Turn => {
  const stands: readonly Golden[] = who === 'uma' ? asSeenByUma : said.map((each) => each.message);
  const query = `?page=${page}&limit=2`;
  return {
    who,
    requests: who === 'uma' ? `GET /api/v1/chat/me/messages${query}` : `GET /api/v1/chat/users/<uma>/messages${query}`,
    route: who === 'uma' ? 'GET /api/v1/chat/me/messages' : 'GET /api/v1/chat/users/:userId/messages',
    runs: [
      [
        'history.offset',
        { peerId: who === 'uma' ? 'agents' : '<uma>', offset: (page - 1) * 2, limit: 2, order: 'desc' },
        {
          messages: stands.slice(from, to).toReversed(),
          total: 3,
          conversation: thread(who === 'uma' ? 'agents' : '<uma>', 3),
          receipts: [],
        },
      ],
    ],
    answer: [
      200,
      {
        success: true,
        data: said.slice(from, to).map(({ text, by }) => rowFor(who, text, by)),
        pagination: { page, limit: 2, total: 3, totalPages: 2 },
      },
    ],
  };
};

const overHttp: Scene = {
  title: 'sends, pages and lists over HTTP, and says who is there',
  cast,
  turns: [
    ...enters('tina'),
    ...enters('uma'),
    // Whoever else asks for presence asks after it was known once.
    presenceOf('<uma>', { status: 'online' }, online),
    // Whose token was never seen here may be the product's all the same.
    presenceOf('nobody', { status: 'offline' }, { status: 'offline', isOnline: false, lastSeen: null }),
    opens(0, null),
    posts('one', 'uma', 1, ['uma', 'tina']),
    posts('two', 'tina', 2, ['uma', 'tina']),
    posts('three', 'uma', 3, ['uma', 'tina']),
    opens(3, '<three at>'),
    history('uma', 1, 1, 3),
    history('tina', 2, 0, 1),
    history('uma', 9, 0, 0),
    {
      who: 'tina',
      requests: 'GET /api/v1/chat/users?page=1&limit=1',
      route: 'GET /api/v1/chat/users',
      runs: [
        ['support.page', { offset: 0, limit: 1 }, { conversations: [thread('<uma>', 3, said[2].message)], total: 1 }],
        watches({ status: 'online' }),
      ],
      answer: [
        200,
        {
          success: true,
          data: [
            {
              chatId: '<chat>',
              userId: '<uma>',
              user: Uma,
              lastMessage: rowFor('tina', 'three', 'uma'),
              lastMessageAt: '<three at>',
              createdAt: '<begun>',
              presence: online,
            },
          ],
          // Others wrote in this space before.
          pagination: { page: 1, limit: 1, total: '<integer:threads>', totalPages: '<threads>' },
        },
      ],
      settles: true,
    },
    {
      who: 'uma',
      requests: 'GET /api/v1/chat/users',
      runs: [['support.page', { offset: 0, limit: 20 }, { refused: 'forbidden' }]],
      answer: [403, { success: false, statusCode: 403, message: '<text>', code: 'forbidden' }],
    },
    {
      who: 'ada',
      requests: 'GET /api/v1/chat/presence/online/count',
      runs: [['presence.count', {}, { count: 2 }]],
      answer: [200, { success: true, data: { count: '<integer:online>', online: '<online>' } }],
      settles: true,
    },
    { who: 'uma', does: 'disconnect' },
    presenceOf(
      '<uma>',
      { status: 'offline', lastSeen: at(55) },
      { status: 'offline', isOnline: false, lastSeen: '<time>' },
    ),
  ],
};

export const alienFit: Transcript = { dialect: 'alien-fit', ids: 'words', scenes: [overSockets, overHttp] };
