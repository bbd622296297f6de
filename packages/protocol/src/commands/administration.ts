import { Type } from 'typebox';
import { AuditEntry, Ban, Deed, Reason } from '../administration.ts';
import { Closed, Count, described, Time, UserId } from '../values.ts';
import type { Command } from './command.ts';
import { Limit, Offset, Total } from './pages.ts';

/** What the admins of a space do and see. All that they do is written down in the transaction that does it. */
export const administrationCommands = {
  'user.ban': {
    summary:
      "Lets a user in no longer, whatever their token: until a time, or for good. Ends the user's sessions on every node. Again replaces the ban. Not oneself.",
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({
      userId: UserId,
      reason: Type.Optional(Reason),
      until: Type.Optional(described(Time, 'Absent: for good. A time that has passed bans nobody.')),
    }),
    output: Closed({ ban: Ban }),
    errors: ['forbidden', 'outcome_unknown'],
    http: { method: 'PUT', path: '/v1/users/:userId/ban' },
  },
  'user.unban': {
    summary: 'Lets a banned user in again, with the tokens that they have.',
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({ userId: UserId }),
    output: Closed({ changed: Type.Boolean({ description: 'Whether there was a ban.' }) }),
    errors: ['outcome_unknown'],
    http: { method: 'DELETE', path: '/v1/users/:userId/ban' },
  },
  'ban.list': {
    summary: 'The bans that hold now, by user id, by position.',
    budget: 'read',
    access: 'admin',
    over: 'http',
    input: Closed({ offset: Type.Optional(Offset), limit: Type.Optional(Limit('Bans')) }),
    output: Closed({
      bans: Type.Array(Ban, { description: 'Ascending by user id.' }),
      total: Total('Bans on all pages.'),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/bans' },
  },
  'audit.list': {
    summary: 'What admins did in this space, newest first.',
    budget: 'read',
    access: 'admin',
    over: 'http',
    input: Closed({
      byId: Type.Optional(described(UserId, 'Only what this admin did.')),
      userId: Type.Optional(described(UserId, 'Only what was done to this user.')),
      deed: Type.Optional(described(Deed, 'Only this.')),
      before: Type.Optional(Count('Where the last page ended: the `no` of its last entry.')),
      limit: Type.Optional(Limit('Entries')),
    }),
    output: Closed({
      entries: Type.Array(AuditEntry, { description: 'Newest first.' }),
      more: Type.Boolean({ description: 'There are older ones: ask with `before`.' }),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/audit' },
  },
} as const satisfies Record<string, Command>;
