import { advanced, at, chatId, conversation, type Fields, idOf, message, stored } from './canonical.ts';
import type { Golden, Scene, Turn } from './transcript.ts';
import { Ann, newest, refusal, row, Tom } from './trainer-chat-rows.ts';

/* What trainer-chat tells whom. */

const here = { conversationId: '<chat>' };
const facts = (who: string, person: Fields): Fields => ({ ...here, userId: `<${who}>`, user: person });
const texts = ['first', 'second', 'third', 'fourth'] as const;
type Content = (typeof texts)[number];

/** Ann sends; `joined`: Tom is where he hears it himself. */
const send = (content: Content, { joined = false, to = here }: { joined?: boolean; to?: Fields } = {}): Turn => {
  const seq = texts.indexOf(content) + 1;
  const said = row(Ann, '<tom>', content);
  const where = to === here ? { conversationId: chatId } : { peerId: '<tom>' };
  const notified: Fields = { conversationId: '<text:chat>', message: said, sender: Ann };
  return {
    who: 'ann',
    emits: ['sendMessage', { ...to, content, type: 'text' }],
    runs: [['message.send', { ...where, kind: 'text', body: content }, stored(seq)]],
    tells: [['message.created', message(seq, '<ann>', content)]],
    heard: {
      ann: [['newMessage', said]],
      tom: [joined ? ['newMessage', said] : ['newMessageNotification', notified]],
    },
  };
};

const viewing = (userId: string, looks: boolean) =>
  ['viewing.changed', { conversationId: chatId, userId, viewing: looks }] as const;

/** What a history holds: so many messages of Ann, and up to which of them Tom has read. */
const history = (peerId: string, count: number, read: number): readonly [stored: Golden, shown: readonly Golden[]] => {
  const said = texts.slice(0, count);
  const reads = said.slice(0, read).map((_, i) => ({ messageId: idOf(i + 1), userId: '<tom>', readAt: at(40) }));
  return [
    {
      messages: said.map((text, i) => message(i + 1, '<ann>', text)).reverse(),
      total: count,
      conversation: conversation(peerId, count, 0),
      receipts: reads,
    },
    said.map((text, i) => row(Ann, '<tom>', text, { isRead: i < read })),
  ];
};
const joins = (who: 'ann' | 'tom', count: number, read = 0): Turn => {
  const [found, shown] = history(who === 'ann' ? '<tom>' : '<ann>', count, read);
  return {
    who,
    // Its document does not say how it is named.
    emits: ['joinConversation', who === 'tom' ? here.conversationId : here],
    runs: [
      ['viewing.start', { conversationId: chatId }, {}],
      ['history.offset', newest(), found],
    ],
    tells: [viewing(`<${who}>`, true)],
    heard: {
      [who]: [['conversationHistory', { ...here, messages: shown }]],
      // Nobody is there when Ann comes.
      ...(who === 'tom' && { ann: [['userJoined', facts('tom', Tom)]] }),
    },
  };
};
const types = (isTyping: boolean): Turn => ({
  who: 'ann',
  emits: ['typing', { ...here, isTyping }],
  runs: [[isTyping ? 'typing.start' : 'typing.stop', { conversationId: chatId }, {}]],
  tells: [['typing.changed', { conversationId: chatId, userId: '<ann>', typing: isTyping }]],
  heard: { tom: [['userTyping', { ...facts('ann', Ann), isTyping }]] },
});
const readByTom = (content: Content): Fields => ({
  messageId: `<${content}>`,
  ...here,
  userId: '<tom>',
  readBy: '<tom>',
  isRead: true,
  readAt: '<time>',
});

export const overSockets: Scene = {
  title: 'tells those who joined a conversation what happens there, notifies who did not, and closes it',
  cast: { ann: { name: 'Ann' }, tom: { name: 'Tom', role: 'agent' }, ada: { role: 'admin' } },
  turns: [
    { who: 'ann', does: 'connect' },
    { who: 'tom', does: 'connect' },
    { host: ['link.put', { userA: '<ann>', userB: '<tom>', kind: 'assignment', status: 'confirmed' }] },
    send('first', { to: { receiverId: '<tom>' } }),
    joins('ann', 1),
    // It comes after what was just told: from here on nobody can hear that Ann came.
    send('second'),
    joins('tom', 2),
    types(true),
    types(false),
    {
      who: 'tom',
      emits: ['markAsRead', { messageId: '<second>' }],
      runs: [['message.read', { messageId: idOf(2) }, { readSeq: 0, unread: 1 }]],
      tells: [['receipt.advanced', { ...advanced('<tom>', 0), messageIds: [idOf(2)] }]],
      heard: { ann: [['messageRead', readByTom('second')]] },
    },
    send('third', { joined: true }),
    {
      who: 'tom',
      requests: 'PUT /chat/conversations/<chat>/read',
      route: 'PUT /chat/conversations/:id/read',
      runs: [['receipt.read', { conversationId: chatId, seq: Number.MAX_SAFE_INTEGER }, { readSeq: 3, unread: 0 }]],
      tells: [['receipt.advanced', advanced('<tom>', 3)]],
      answer: [200, { success: true, id: '<chat>', unreadCount: 0 }],
      heard: { ann: [['messageRead', readByTom('third')]] },
    },
    {
      who: 'tom',
      emits: ['leaveConversation', here],
      runs: [['viewing.stop', { conversationId: chatId }, {}]],
      tells: [viewing('<tom>', false)],
      heard: { ann: [['userLeft', facts('tom', Tom)]] },
    },
    send('fourth'),
    joins('tom', 4, 3),
    {
      who: 'tom',
      does: 'disconnect',
      tells: [viewing('<tom>', false)],
      heard: { ann: [['userLeft', facts('tom', Tom)]] },
    },
    {
      who: 'ann',
      requests: 'PUT /chat/admin/conversations/<chat>/close',
      route: 'PUT /chat/admin/conversations/:id/close',
      answer: refusal(403, 'forbidden'),
    },
    {
      who: 'ada',
      requests: 'PUT /chat/admin/conversations/<chat>/close',
      route: 'PUT /chat/admin/conversations/:id/close',
      runs: [
        [
          'conversation.update',
          { conversationId: chatId, status: 'closed' },
          { conversationId: chatId, status: 'closed', rev: 1 },
        ],
      ],
      answer: [200, { id: '<chat>', status: 'closed' }],
    },
    {
      who: 'ann',
      emits: ['sendMessage', { ...here, content: 'too late' }],
      runs: [['message.send', { conversationId: chatId, kind: 'text', body: 'too late' }, { refused: 'closed' }]],
      heard: { ann: [['error', { message: '<text>', code: 'closed' }]] },
    },
  ],
};
