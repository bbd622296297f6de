import { type Static, type TObject, Type } from 'typebox';
import type { ErrorCode } from '../errors.ts';
import { limits, type RareLimit } from '../limits.ts';
import { Person, profileFields } from '../person.ts';
import { Closed, described, EmailAddress, Text, Time } from '../values.ts';
import type { Command } from './command.ts';

const RefreshToken = Text(limits.refreshTokenCharsMax, {
  minLength: 1,
  description:
    'The newest refresh token of the session. It is good once, or again for a moment when its answer was lost: each answer brings another one.',
});
const Password = (minLength: number) =>
  Text(limits.passwordCharsMax, { minLength, description: 'As the user typed it; only a hash of it is kept.' });

/** What whoever proved who they are goes on with. */
const Admission = Closed({
  user: Person,
  accessToken: Type.String({ description: 'The token of every other request, and of sockets.' }),
  expiresAt: described(Time, 'When the access token ends.'),
  refreshToken: RefreshToken,
  refreshExpiresAt: described(Time, 'When the session ends, unless it is refreshed.'),
});

/** A command of somebody without a token, over HTTP; in spaces that have accounts, and not found in others. */
export type GuestCommand = {
  summary: string;
  input: TObject;
  output: TObject;
  errors: readonly ErrorCode[];
  /** Which of `rareLimits` each try draws on. */
  limits: readonly RareLimit[];
  http: NonNullable<Command['http']>;
};

export const guestCommands = {
  'account.register': {
    summary: 'Makes a user with an account. Whoever registers is of the role `user`, whatever they ask for.',
    input: Closed({
      email: EmailAddress,
      password: Password(limits.passwordCharsMin),
      name: Type.Optional(profileFields.name),
      firstName: Type.Optional(profileFields.firstName),
      lastName: Type.Optional(profileFields.lastName),
      avatarUrl: Type.Optional(profileFields.avatarUrl),
    }),
    output: Admission,
    errors: ['not_found', 'conflict', 'outcome_unknown'],
    limits: ['register.address', 'register.account'],
    http: { method: 'POST', path: '/v1/accounts/register' },
  },
  'account.login': {
    summary: 'Begins a session. A wrong password and an address that nobody registered are answered alike.',
    input: Closed({ email: EmailAddress, password: Password(1) }),
    output: Admission,
    errors: ['not_found', 'forbidden', 'banned', 'outcome_unknown'],
    limits: ['login.address', 'login.account'],
    http: { method: 'POST', path: '/v1/accounts/login' },
  },
  'account.refresh': {
    summary:
      'Another access token, and another refresh token in place of this one. The same again soon is answered with the same one, as long as that was not used; any other that was used before ends its session.',
    input: Closed({ refreshToken: RefreshToken }),
    output: Admission,
    errors: ['not_found', 'banned', 'outcome_unknown'],
    limits: ['refresh.address'],
    http: { method: 'POST', path: '/v1/accounts/refresh' },
  },
  'account.logout': {
    summary: 'Ends the session of a refresh token; also when it has ended already.',
    input: Closed({ refreshToken: RefreshToken }),
    output: Closed({}),
    errors: ['not_found', 'outcome_unknown'],
    limits: ['refresh.address'],
    http: { method: 'POST', path: '/v1/accounts/logout' },
  },
} as const satisfies Record<string, GuestCommand>;

export type GuestCommandName = keyof typeof guestCommands;
export type GuestInput<N extends GuestCommandName> = Static<(typeof guestCommands)[N]['input']>;
export type GuestOutput<N extends GuestCommandName> = Static<(typeof guestCommands)[N]['output']>;
export const guestCommandNames = Object.keys(guestCommands) as GuestCommandName[];
