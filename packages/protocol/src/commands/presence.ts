import { Type } from 'typebox';
import { Person } from '../person.ts';
import { Closed, Count, described, Role, UserId } from '../values.ts';
import type { Command } from './command.ts';
import { Limit } from './pages.ts';

const Unknown = Type.Literal('unknown');

/** Who is online in a space, over all nodes. */
export const presenceCommands = {
  'presence.count': {
    summary: 'How many users are online: users, however many connections each has.',
    budget: 'read',
    access: 'staff',
    input: Closed({}),
    output: Closed({
      count: Type.Union([Count('Users.'), Unknown], {
        description: 'Users online now. `unknown`: nobody can tell now; it is never a part of the number.',
      }),
    }),
    errors: ['forbidden'],
    http: { method: 'GET', path: '/v1/presence/count' },
  },
  'presence.online': {
    summary: 'Who is online, of those whom `user.get` would tell you of.',
    budget: 'read',
    input: Closed({
      role: Type.Optional(described(Role, 'Only users of this role.')),
      after: Type.Optional(described(UserId, 'The `next` of the page before.')),
      limit: Type.Optional(Limit('Users')),
    }),
    output: Closed({
      users: Type.Union([Type.Array(Person), Unknown], {
        description: 'Ascending by the UTF-8 bytes of their ids. `unknown`: nobody can tell now.',
      }),
      next: Type.Optional(
        described(UserId, 'Where to go on. A page may be short, or empty, before the last one, which has no `next`.'),
      ),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/presence/online' },
  },
} as const satisfies Record<string, Command>;
