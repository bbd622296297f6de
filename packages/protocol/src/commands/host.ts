import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { Closed, Role, Text, Time, UserId } from '../values.ts';
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
      name: Type.Optional(Text(limits.nameCharsMax)),
      email: Type.Optional(Text(320)),
      role: Type.Optional(Role),
      active: Type.Optional(Type.Boolean()),
    }),
    output: Closed({
      userId: UserId,
      name: Type.Optional(Type.String()),
      email: Type.Optional(Type.String()),
      role: Role,
      active: Type.Boolean(),
    }),
    errors: ['outcome_unknown'],
    http: { method: 'PUT', path: '/v1/users/:userId' },
  },
  'user.revoke': {
    summary: "Refuses every token of this user that was issued until now, and ends the user's sessions on every node.",
    budget: 'write',
    access: 'admin',
    over: 'http',
    input: Closed({ userId: UserId }),
    output: Closed({ revokedAt: Time }),
    errors: ['outcome_unknown'],
    http: { method: 'POST', path: '/v1/users/:userId/revoke' },
  },
} as const satisfies Record<string, Command>;
