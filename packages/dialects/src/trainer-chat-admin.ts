import { limits, type MonitoredConversation, type Output } from '@parley/protocol';
import { Page, pageOf } from './pages.ts';
import { type Desk, type Step, step } from './step.ts';
import { ConversationInPath, mustBe, PageInPath } from './trainer-chat-asks.ts';
import { conversationFacts, isReadBy, messageRow } from './trainer-chat-rows.ts';

/* What trainer-chat's admins see of conversations that are not theirs: each reading is written down by the server. */

type Person = Parameters<typeof conversationFacts>[1];

const peersOf = (conversation: MonitoredConversation) => conversation.peerIds ?? [];
const monitoredRow = (conversation: MonitoredConversation, person: Person) => {
  const [a = '', b = a] = peersOf(conversation);
  return {
    ...conversationFacts({ ...conversation, peers: [a, b] }, person),
    lastMessagePreview: null,
  };
};

export const allConversations = step('moderation.conversations', Page, {
  asks: (page, me) => {
    mustBe(me, 'admin');
    return { ...pageOf(page, limits.pageMax), typing: true };
  },
  people: ({ conversations }) => conversations.flatMap(peersOf),
  says: ({ conversations }, { person }) => conversations.map((conversation) => monitoredRow(conversation, person)),
});

type Read = Output<'moderation.history'>;

const people = ({ conversation }: Read) => peersOf(conversation);
const history = step('moderation.history', PageInPath, {
  asks: ({ id, ...page }) => ({ conversationId: id, ...pageOf(page, limits.pageDefault) }),
  people,
  says: ({ messages, conversation, receipts }, { person }) =>
    messages.map((message) => {
      const receiverId = peersOf(conversation).find((peerId) => peerId !== message.senderId) ?? null;
      return messageRow(message, receiverId, isReadBy(receiverId, message, receipts), person);
    }),
});
const facts = step('moderation.history', ConversationInPath, {
  asks: ({ id }) => ({ conversationId: id, limit: 1, typing: true }),
  people,
  says: ({ conversation }, { person }) => monitoredRow(conversation, person),
});

/** Admins read any conversation; everybody else their own. */
const forAdmins = (own: Step<unknown>, any: (given: unknown, desk: Desk) => Promise<unknown>): Step<unknown> => ({
  ...own,
  run: (given, desk) => (desk.me.role === 'admin' ? any(given, desk) : own.run(given, desk)),
});

export const anyConversation = (own: Step<unknown>) => forAdmins(own, facts.run);

export const anyMessages = (own: Step<unknown>) => forAdmins(own, history.run);
