import { limits, type MonitoredConversation, type Output } from '@parley/protocol';
import type { Static } from 'typebox';
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

type PageInPath = Static<typeof PageInPath>;
type Read = Output<'moderation.history'>;

const people = ({ conversation }: Read) => peersOf(conversation);
const limitOf = (page: PageInPath) => pageOf(page, limits.pageDefault).limit;
const messagesOf = ({ messages, conversation, receipts }: Read, { person }: { person: Person }) =>
  messages
    .filter(({ deletedAt }) => deletedAt === undefined)
    .map((message) => {
      const receiverId = peersOf(conversation).find((peerId) => peerId !== message.senderId) ?? null;
      return messageRow(message, receiverId, isReadBy(receiverId, message, receipts), person);
    });

const newestPage = step('moderation.history', PageInPath, {
  asks: (page) => ({ conversationId: page.id, limit: limitOf(page) }),
  people,
  says: (read, heard) => ({ head: read.conversation.lastSeq, rows: messagesOf(read, heard) }),
});
const pageBefore = (head: number) =>
  step('moderation.history', PageInPath, {
    asks: (page) => ({
      conversationId: page.id,
      limit: limitOf(page),
      beforeSeq: Math.max(1, head + 1 - pageOf(page, limits.pageDefault).offset),
    }),
    people,
    says: messagesOf,
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

export const anyMessages = (own: Step<unknown>) =>
  forAdmins(own, async (given, desk) => {
    const { head, rows } = await newestPage.run(given, desk);
    const isFirst = !(typeof given === 'object' && given !== null && 'page' in given && Number(given.page) > 1);
    return isFirst ? rows : pageBefore(head).run(given, desk);
  });
