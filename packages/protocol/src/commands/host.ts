import { Type } from 'typebox';
import { Person, profileFields } from '../person.ts';
import { Closed, described, Role, Time, UserId } from '../values.ts';
import type { Command } from './command.ts';

/** What the host application tells Parley about its users, with an admin's token. HTTP only. */
export const hostCommands = {
  'user.put': {
    summary: 'Makes a user, or sets what is given. What the host says here wins over the claims of tokens.',
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({
      userId: UserId,
      ...profileFields,
      role: Type.Optional(described(Role, 'Kept with the user. What a request may do, its token says.')),
      active: Type.Optional(
        Type.Boolean({ description: '`false` refuses every token of the user and ends their sessions.' }),
      ),
    }),
    output: Person,
    errors: ['outcome_unknown'],
    http: { method: 'PUT', path: '/v1/users/:userId' },
  },
  'user.revoke': {
    summary: "Refuses every token of this user that was issued until now, and ends the user's sessions on every node.",
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({ userId: UserId }),
    output: Closed({ revokedAt: described(Time, 'Tokens issued up to here are refused.') }),
    errors: ['outcome_unknown'],
    http: { method: 'POST', path: '/v1/users/:userId/revoke' },
  },
} as const satisfies Record<string, Command>;
