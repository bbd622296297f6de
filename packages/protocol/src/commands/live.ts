import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { Presence } from '../presence.ts';
import { Closed, ConversationId, described, Time, UserId } from '../values.ts';
import type { Command } from './command.ts';

const UserIds = Type.Array(UserId, {
  minItems: 1,
  maxItems: limits.watchedUsersMax,
  uniqueItems: true,
  description: 'Whom this is about.',
});

const Named = Closed({
  conversationId: Type.Optional(described(ConversationId, 'Which one.')),
  peerId: Type.Optional(
    described(UserId, 'The peer of a direct conversation that exists, in place of `conversationId`.'),
  ),
});

export const liveCommands = {
  'typing.start': {
    summary: 'You are typing; ends by itself after `typingTimeoutMs`.',
    budget: 'signal',
    input: Named,
    output: Closed({}),
    errors: ['not_found', 'not_member'],
  },
  'typing.stop': {
    summary: 'You are no longer typing.',
    budget: 'signal',
    input: Named,
    output: Closed({}),
    errors: ['not_found', 'not_member'],
  },
  'viewing.start': {
    summary:
      'You are looking at this conversation, on this connection, until you stop or it ends. Others are told in small conversations.',
    budget: 'signal',
    input: Named,
    output: Closed({}),
    errors: ['not_found', 'not_member', 'limit_reached'],
  },
  'viewing.stop': {
    summary: 'You are no longer looking at it.',
    budget: 'signal',
    input: Named,
    output: Closed({}),
    errors: ['not_found', 'not_member'],
  },
  'presence.watch': {
    summary:
      'Who of these is online now, and `presence.changed` from here on (on a socket). Only you, people you share a conversation or link with, or everybody where the space lets users look up everybody; others are left out.',
    budget: 'read',
    input: Closed({ userIds: UserIds }),
    output: Closed({
      presences: Type.Array(Presence, {
        description: 'As they are now, without the others.',
      }),
    }),
    errors: ['limit_reached'],
    http: { method: 'GET', path: '/v1/presence' },
  },
  'presence.unwatch': {
    summary: 'No more `presence.changed` for these.',
    budget: 'read',
    input: Closed({ userIds: UserIds }),
    output: Closed({}),
    errors: [],
  },
  'auth.refresh': {
    summary:
      'Replaces the token of this session by another one of the same user and role; the session then lasts as long as that one.',
    budget: 'session',
    input: Closed({
      token: Type.String({
        minLength: 1,
        maxLength: 8_192,
        description: 'The newer token, of the same user and role.',
      }),
    }),
    output: Closed({
      expiresAt: Type.Optional(described(Time, 'When the session ends now, unless it is refreshed again.')),
    }),
    errors: ['unauthenticated', 'token_expired', 'token_revoked', 'banned', 'forbidden'],
  },
} as const satisfies Record<string, Command>;
