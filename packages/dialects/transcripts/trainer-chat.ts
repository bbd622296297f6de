import { at, chatId, conversation, type Fields, idOf, message, opened, stored } from './canonical.ts';
import { assigns, assignsNot, cast, known } from './trainer-chat-assigning.ts';
import type { Golden, Scene, Transcript, Turn } from './transcript.ts';
import { overSockets } from './trainer-chat-live.ts';
import { Ann, conversationRow, newest, refusal, row, Tom, user } from './trainer-chat-rows.ts';

/* Without a token */

const email = '<uma>@example.org';
const uma = { email, firstName: 'Uma', lastName: 'Test' };
const password = 'S3cure-enough';
const admission: Fields = {
  user: { userId: 'uma-id', ...uma, role: 'user', active: true, createdAt: at(0), updatedAt: at(0) },
  accessToken: 'access',
  expiresAt: at(1),
  refreshToken: 'refresh',
  refreshExpiresAt: at(2),
};
const session = (which: 'first' | 'second'): Fields => ({
  access_token: `<text:${which} token>`,
  accessToken: `<${which} token>`,
  token: `<${which} token>`,
  refresh_token: '<text>',
  expiresAt: '<time>',
  user: {
    id: '<text:id of uma>',
    ...uma,
    role: 'user',
    avatar: null,
    isActive: true,
    createdAt: '<time>',
    updatedAt: '<time>',
  },
});
const registers = (run: Golden, answer: readonly [number, Golden]): Turn => ({
  requests: 'POST /auth/register',
  body: { ...uma, password, role: 'admin' },
  runs: [['account.register', { ...uma, password }, run]],
  answer,
});
const logsIn = (typed: string, run: Golden, answer: readonly [number, Golden]): Turn => ({
  requests: 'POST /auth/login',
  body: { email, password: typed },
  runs: [['account.login', { email, password: typed }, run]],
  answer,
});

const accounts: Scene = {
  title: 'registers somebody as a user, whatever they ask for, and gives a token for the right password only',
  cast: { uma: {} },
  turns: [
    registers(admission, [201, session('first')]),
    registers({ refused: 'conflict' }, refusal(409, 'conflict')),
    logsIn(password, admission, [200, session('second')]),
    logsIn('wrong', { refused: 'unauthenticated' }, refusal(401, 'unauthenticated')),
  ],
};

/* Over HTTP */

const countUnread = (who: string, count: number): Turn => ({
  who,
  requests: 'GET /chat/messages/unread/count',
  runs: [['unread.total', {}, { total: count }]],
  answer: [200, { count, unreadCount: count }],
});
const toTom: Fields = { userA: '<ann>', userB: '<tom>', kind: 'assignment', status: 'confirmed', updatedAt: at(30) };
const opens = (run: Golden, answer: readonly [number, Golden]): Turn => ({
  who: 'ann',
  requests: 'POST /chat/conversations',
  body: { trainerId: '<tom>' },
  runs: [['conversation.open', { peerId: '<tom>', typing: true }, run]],
  answer,
});
/** Without a seq it is refused. */
const tomSends = (content: string, seq?: number, attached?: { fileUrl: string; fileName: string }): Turn => {
  const kind = attached ? 'file' : 'text';
  const attachments = attached && [{ url: attached.fileUrl, name: attached.fileName }];
  const said: Fields = { conversationId: chatId, kind, body: content, ...(attachments && { attachments }) };
  return {
    who: 'tom',
    requests: 'POST /chat/messages',
    body: { conversationId: '<chat>', content, type: kind, ...attached },
    runs: [
      ['conversation.get', { conversationId: chatId }, opened('<ann>', 1)],
      ['message.send', said, seq === undefined ? { refused: 'not_permitted' } : stored(seq)],
    ],
    answer:
      seq === undefined
        ? refusal(403, 'not_permitted')
        : [201, row(Tom, '<ann>', content, { type: kind, ...attached })],
  };
};
const messages = (who: string, query: string, runs: NonNullable<Turn['runs']>, answer: readonly Golden[]): Turn => ({
  who,
  requests: `GET /chat/conversations/<chat>/messages${query}`,
  route: 'GET /chat/conversations/:id/messages',
  runs,
  answer: [200, answer],
});

const annReads = (body: string): Turn => ({
  who: 'ann',
  requests: `PUT /chat/messages/<${body}>/read`,
  route: 'PUT /chat/messages/:id/read',
  runs: [['message.read', { messageId: idOf(1) }, { readSeq: 1, unread: 0 }]],
  answer: [200, { success: true, id: `<${body}>`, isRead: true, unreadCount: 0 }],
});

const file = { fileUrl: 'https://files.example/plan.pdf', fileName: 'plan.pdf' };
const first = message(1, '<tom>', 'Your plan', {
  kind: 'file',
  attachments: [{ url: file.fileUrl, name: file.fileName }],
});
const plan = row(Tom, '<ann>', 'Your plan', { type: 'file', ...file });
const readByAnn = { messageId: idOf(1), userId: '<ann>', readAt: at(40) };
const unread = conversationRow('<time>', { lastMessagePreview: 'Your plan', unreadCount: 1 });
const seen = conversation('<tom>', 1, 1, first);

const overHttp: Scene = {
  title: 'lets an admin assign a trainer, who sends over HTTP, and the user lists, counts and reads',
  cast,
  turns: [
    countUnread('tom', 0),
    {
      who: 'ann',
      requests: 'GET /users/trainers',
      runs: [
        ['user.list', { offset: 0, limit: 200, role: 'agent', active: true }, { users: [known('tom')], total: 1 }],
      ],
      answer: [200, ['<others>', user(Tom)]],
    },
    opens({ refused: 'not_permitted' }, refusal(403, 'not_permitted')),
    assigns('tom'),
    assignsNot('<ann>', 'ghost', 'not_found'),
    assignsNot('ghost', '<tom>', 'not_found'),
    assignsNot('<tom>', '<ann>', 'invalid'),
    { who: 'ann', requests: 'GET /users', answer: refusal(403, 'forbidden') },
    {
      who: 'tom',
      requests: 'GET /users?role=user',
      route: 'GET /users',
      runs: [['user.list', { offset: 0, limit: 200, role: 'user' }, { users: [known('ann')], total: 1 }]],
      answer: [200, ['<others>', user(Ann)]],
    },
    {
      who: 'ann',
      requests: 'GET /users/<tom>',
      route: 'GET /users/:id',
      runs: [
        ['user.get', { userId: '<tom>' }, known('tom')],
        ['link.list', { limit: 200 }, { links: [toTom] }],
      ],
      answer: [200, { ...user(Tom), assignedTrainerId: null }],
    },
    {
      who: 'ann',
      requests: 'GET /users/<ann>',
      route: 'GET /users/:id',
      runs: [
        ['user.get', { userId: '<ann>' }, known('ann')],
        ['link.list', { limit: 200 }, { links: [{ ...toTom, userB: '<eve>', status: 'cancelled' }, toTom] }],
      ],
      answer: [200, { ...user(Ann), assignedTrainerId: '<tom>' }],
    },
    opens(opened('<tom>', 0), [201, conversationRow(null, { lastMessagePreview: null, unreadCount: 0 })]),
    tomSends('Your plan', 1, file),
    countUnread('ann', 1),
    {
      who: 'ann',
      requests: 'GET /chat/conversations',
      runs: [['conversation.page', { offset: 0, limit: 200, typing: true }, { conversations: [seen], total: 1 }]],
      answer: [200, [unread]],
    },
    {
      who: 'ann',
      requests: 'GET /chat/conversations/<chat>',
      route: 'GET /chat/conversations/:id',
      runs: [['conversation.get', { conversationId: chatId, typing: true }, { conversation: seen, epoch: 'epoch' }]],
      answer: [200, unread],
    },
    messages(
      'ann',
      '',
      [['history.offset', newest(), { messages: [first], total: 1, conversation: seen, receipts: [] }]],
      [plan],
    ),
    annReads('Your plan'),
    tomSends('another', 2),
    {
      who: 'ann',
      requests: 'PUT /chat/conversations/<chat>/read',
      route: 'PUT /chat/conversations/:id/read',
      runs: [['receipt.read', { conversationId: chatId, seq: Number.MAX_SAFE_INTEGER }, { readSeq: 2, unread: 0 }]],
      answer: [200, { success: true, id: '<chat>', unreadCount: 0 }],
    },
    countUnread('ann', 0),
    messages(
      'tom',
      '?page=2&limit=1',
      [
        [
          'history.offset',
          newest(1, 1),
          { messages: [first], total: 2, conversation: conversation('<ann>', 2, 0), receipts: [readByAnn] },
        ],
      ],
      [{ ...plan, isRead: true }],
    ),
  ],
};

/* What admins do */

const monitored = {
  id: chatId,
  kind: 'direct',
  status: 'active',
  peerIds: ['<ann>', '<tom>'],
  memberCount: 2,
  firstSeq: 1,
  lastSeq: 2,
  createdAt: at(0),
  lastAt: at(2),
} as const;
const [one, two] = [message(1, '<tom>', 'one'), message(2, '<tom>', 'two')];
const reading = (read: Golden, more: boolean, asked: Fields) =>
  [
    'moderation.history',
    { conversationId: chatId, limit: 1, ...asked },
    { conversation: monitored, messages: [read], receipts: read === one ? [readByAnn] : [], more },
  ] as const;
const asAdmin = conversationRow('<time>', { lastMessagePreview: null });

const administration: Scene = {
  title: 'lets an admin see and read all conversations, and give a user another trainer',
  cast,
  turns: [
    ...['ann', 'tom', 'eve'].map((who) => countUnread(who, 0)),
    assigns('tom'),
    opens(opened('<tom>', 0), [201, conversationRow(null, { lastMessagePreview: null, unreadCount: 0 })]),
    tomSends('one', 1),
    annReads('one'),
    tomSends('two', 2),
    {
      who: 'ada',
      requests: 'GET /chat/admin/conversations?page=1&limit=1',
      route: 'GET /chat/admin/conversations',
      runs: [
        ['moderation.conversations', { offset: 0, limit: 1, typing: true }, { conversations: [monitored], total: 1 }],
      ],
      answer: [200, [asAdmin]],
    },
    { who: 'tom', requests: 'GET /chat/admin/conversations', answer: refusal(403, 'forbidden') },
    {
      who: 'ada',
      requests: 'GET /chat/conversations/<chat>',
      route: 'GET /chat/conversations/:id',
      runs: [reading(two, true, { typing: true })],
      answer: [200, asAdmin],
    },
    messages(
      'ada',
      '?page=2&limit=1',
      [reading(one, false, { offset: 1 })],
      [row(Tom, '<ann>', 'one', { isRead: true })],
    ),
    assigns('eve'),
    tomSends('no longer yours'),
  ],
};

export const trainerChat: Transcript = {
  dialect: 'trainer-chat',
  ids: 'words',
  scenes: [accounts, overHttp, administration, overSockets],
};
