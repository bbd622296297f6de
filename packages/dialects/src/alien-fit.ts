import {
  type About,
  type Conversation,
  errors,
  type Message,
  type Output,
  type Presence,
  type Role,
  staffId,
} from '@parley/protocol';
import { Type } from 'typebox';
import type { Dialect, Spoken } from './dialect.ts';
import { anyIds } from './imported.ts';
import { Page, pageOf, totalPages } from './pages.ts';
import { type Me, refused, type Step, step } from './step.ts';
import { summaries } from './alien-fit-summaries.ts';

/* Shapes */

const Content = Type.String({ minLength: 1 });
const OneUser = Type.Object({ userId: Type.String({ minLength: 1 }) });
const Writing = Type.Object({ content: Content });

const perPage = 20;
/** With the grace of 5 s that every close has, a user is offline within 60 s of the last beat. */
const heartbeatTimeoutMs = 50_000;

type Words = Pick<Message, 'id' | 'senderId' | 'body' | 'createdAt' | 'conversationId'>;

/** A message as its reader may see it: to users, whoever answers is `trainer`, and nothing tells one from another. */
const rowOf = (message: Words, threadUserId: string | undefined, reader: { role: Role; own: boolean }) => ({
  id: message.id,
  content: message.body,
  createdAt: message.createdAt,
  senderType: message.senderId === threadUserId ? 'user' : 'trainer',
  isMine: reader.own,
  ...(reader.role !== 'user' && {
    senderId: message.senderId,
    chatId: message.conversationId,
    userId: threadUserId,
  }),
});

/** As that message says it: what lists sort by is another reading of the clock. */
const lastMessageAtOf = ({ lastSeq, lastMessage, lastAt }: Conversation) =>
  lastSeq > 0 ? (lastMessage?.createdAt ?? lastAt) : null;

const userOf = (about: About) => about.conversation?.peerIds?.find((peerId) => peerId !== staffId);

/** `null`, and not `false`, while nobody can tell. */
const presenceOf = ({ status, lastSeen }: Presence) => ({
  status,
  isOnline: status === 'unknown' ? null : status === 'online',
  lastSeen: lastSeen ?? null,
});

const done = (data: unknown) => ({ success: true, data });
const pagination = (total: number, page: Page) => ({
  page: page.page ?? 1,
  limit: pageOf(page, perPage).limit,
  total,
  totalPages: totalPages(total, page, perPage),
});

const only = (role: 'user' | 'staff' | 'admin', me: { role: Role }): void => {
  const fits = role === 'staff' ? me.role !== 'user' : me.role === role;
  if (!fits) throw refused('forbidden');
};

/** The newest page comes first, and each page reads downwards. */
const newest = (peerId: string, page: Page) => ({ peerId, ...pageOf(page, perPage), order: 'desc' as const });
const historyRows = ({ messages, total }: Output<'history.offset'>, page: Page, threadUserId: string, me: Me) => {
  const rows = messages.map((message) =>
    rowOf(message, threadUserId, { role: me.role, own: message.senderId === me.userId }),
  );
  return { ...done(rows.reverse()), pagination: pagination(total, page) };
};

/** Users have one thread: whom they name is not looked at. */
const ownHistory = step('history.offset', Page, {
  asks: (page, me) => {
    only('user', me);
    return newest(staffId, page);
  },
  says: (found, { given, me }) => historyRows(found, given, me.userId, me),
});
const historyOfUser = step('history.offset', Type.Object({ ...OneUser.properties, ...Page.properties }), {
  asks: ({ userId, ...page }, me) => {
    only('staff', me);
    return newest(userId, page);
  },
  says: (found, { given, me }) => historyRows(found, given, given.userId, me),
});

type Sent = Output<'message.send'>;
const sentRow = (stored: Sent, content: string, threadUserId: string, { userId, role }: Me) =>
  done(rowOf({ ...stored, senderId: userId, body: content }, threadUserId, { role, own: true }));

const toTrainers = step('message.send', Writing, {
  asks: ({ content }, me) => {
    only('user', me);
    return { peerId: staffId, body: content };
  },
  says: (stored, { given, me }) => sentRow(stored, given.content, me.userId, me),
});
const toUser = step('message.send', Type.Object({ ...OneUser.properties, ...Writing.properties }), {
  asks: ({ userId, content }, me) => {
    only('staff', me);
    return { peerId: userId, body: content };
  },
  says: (stored, { given, me }) => sentRow(stored, given.content, given.userId, me),
});

const silence = (): readonly Spoken[] => [];
const asked = step('message.send', Writing, {
  asks: ({ content }) => ({ peerId: staffId, body: content }),
  says: silence,
});
const replied = step(
  'message.send',
  Type.Object({ content: Content, userId: Type.Optional(OneUser.properties.userId) }),
  {
    asks: ({ content, userId }) => {
      if (userId === undefined) throw refused('invalid', 'userId is required: whom do you answer?');
      return { peerId: userId, body: content };
    },
    says: silence,
  },
);
const said: Step<readonly Spoken[]> = {
  ...replied,
  run: (given, desk) => (desk.me.role === 'user' ? asked : replied).run(given, desk),
};

/* The contract */

export const alienFit = {
  name: 'alien-fit',
  hears: ['role', 'own'],
  describes: true,
  importedIds: anyIds,
  tokenInQuery: true,
  tryOutAt: '/socket-test.html',
  watches: 'nobody',
  heartbeat: { event: 'heartbeat', timeoutMs: heartbeatTimeoutMs },
  opening: [],

  inbound: {
    'chat:send': [said],
    heartbeat: [],
  },

  outbound: {
    'session.ready': 'silent',
    'message.created': (message, about, { own, role }) => [
      ['chat:message', rowOf(message, userOf(about), { role, own })],
    ],
    'message.edited': 'silent',
    'message.deleted': 'silent',
    'reaction.changed': 'silent',
    'receipt.advanced': 'silent',
    'conversation.changed': 'silent',
    'typing.changed': 'silent',
    'viewing.changed': 'silent',
    'notification.raised': 'silent',
    'presence.changed': 'silent',
    heads: 'silent',
    'server.migrate': 'silent',
    'session.closing': ({ code, message }) => [['error', { message, code }]],
  },

  summaries,

  routes: [
    {
      method: 'GET',
      path: '/api/v1/chat/me',
      step: step('support.open', Type.Object({}), {
        asks: (_, me) => {
          only('user', me);
          return {};
        },
        people: (_output, _given, me) => [me.userId],
        presences: (_output, _given, me) => [me.userId],
        says: ({ conversation }, { me, person, presence }) => {
          const { name, email } = person(me.userId);
          return done({
            user: { id: me.userId, name: name ?? null, email: email ?? null },
            createdAt: conversation.createdAt,
            lastMessageAt: lastMessageAtOf(conversation),
            messageCount: conversation.lastSeq,
            presence: presenceOf(presence(me.userId)),
          });
        },
      }),
    },
    { method: 'GET', path: '/api/v1/chat/me/messages', step: ownHistory },
    { method: 'POST', path: '/api/v1/chat/me/messages', status: 201, step: toTrainers },
    {
      method: 'GET',
      path: '/api/v1/chat/users',
      step: step('support.page', Page, {
        asks: (page) => pageOf(page, perPage),
        people: ({ conversations }) => conversations.flatMap(({ peerId }) => peerId ?? []),
        presences: ({ conversations }) => conversations.flatMap(({ peerId }) => peerId ?? []),
        says: ({ conversations, total }, { given, me, person, presence }) => {
          const rows = conversations.map((conversation) => {
            const { id, peerId = '', createdAt, lastMessage } = conversation;
            const { name, email } = person(peerId);
            const newest = lastMessage?.deletedAt === undefined ? lastMessage : undefined;
            return {
              chatId: id,
              userId: peerId,
              user: { id: peerId, name: name ?? null, email: email ?? null },
              lastMessage: newest ? rowOf(newest, peerId, { role: me.role, own: newest.senderId === me.userId }) : null,
              lastMessageAt: lastMessageAtOf(conversation),
              createdAt,
              presence: presenceOf(presence(peerId)),
            };
          });
          return { ...done(rows), pagination: pagination(total, given) };
        },
      }),
    },
    { method: 'GET', path: '/api/v1/chat/users/:userId/messages', step: historyOfUser },
    { method: 'POST', path: '/api/v1/chat/users/:userId/messages', status: 201, step: toUser },
    {
      method: 'GET',
      path: '/api/v1/chat/presence/online/count',
      step: step('presence.count', Type.Object({}), {
        asks: (_, me) => {
          only('admin', me);
          return {};
        },
        says: ({ count }) => {
          if (count === 'unknown') throw refused('unavailable');
          return done({ count, online: count });
        },
      }),
    },
    {
      method: 'GET',
      path: '/api/v1/chat/presence/:userId',
      step: step('presence.watch', OneUser, {
        asks: ({ userId }, me) => {
          only('admin', me);
          return { userIds: [userId] };
        },
        says: ({ presences: [presence] }, { given: { userId } }) => {
          if (!presence) throw refused('not_found', 'There is no such user.');
          return done({ userId, ...presenceOf(presence) });
        },
      }),
    },
  ],

  fields: {
    body: ['content'],
    peerId: ['userId'],
    'userIds/0': ['userId'],
    offset: ['page'],
  },

  refusals: {
    event: ({ code, message, retryAfterMs }) => [
      ['error', { message, code, ...(retryAfterMs !== undefined && { retryAfterMs }) }],
    ],
    body: ({ code, message, retryAfterMs }) => ({
      success: false,
      statusCode: errors[code].status,
      message,
      code,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    }),
  },
} as const satisfies Dialect;
