import { Type } from 'typebox';
import { Person } from '../person.ts';
import { Closed, Count, described, Role, UserId } from '../values.ts';
import type { Command } from './command.ts';
import { Limit, Offset } from './pages.ts';

/** Who there is in a space. */
export const userCommands = {
  'user.get': {
    summary:
      'Who a user is. Agents and admins may ask of everybody; a user of themselves and, without their `email`, of those whom the space lets users look up (§2).',
    budget: 'read',
    input: Closed({ userId: UserId }),
    output: Person,
    errors: ['not_found'],
    http: { method: 'GET', path: '/v1/users/:userId' },
  },
  'user.list': {
    summary: 'Users by id, by position: everybody whom `user.get` would tell you of.',
    budget: 'read',
    input: Closed({
      role: Type.Optional(described(Role, 'Only users of this role.')),
      active: Type.Optional(Type.Boolean({ description: 'Only those who may enter, or only those who may not.' })),
      offset: Type.Optional(Offset),
      limit: Type.Optional(Limit('Users')),
    }),
    output: Closed({
      users: Type.Array(Person, { description: 'Ascending by user id.' }),
      total: Count('Users on all pages.'),
    }),
    errors: [],
    http: { method: 'GET', path: '/v1/users' },
  },
} as const satisfies Record<string, Command>;
