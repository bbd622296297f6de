import { budgets, dialectNames, limits, rareLimits, talkRuleNames } from '@parley/protocol';
import Type, { type Static, type TSchema } from 'typebox';

/** What names a key in the header of tokens. */
const Kid = Type.String({ pattern: '^[\\w.-]{1,64}$' });

const names = (description: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
    description,
  });
const Closed = <const T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

export const TokenEntry = Closed({
  secret: Type.Optional(
    Type.String({ description: 'The shared secret of HS256, at least 32 bytes. In a file it is for development.' }),
  ),
  secretEnv: Type.Optional(
    Type.String({
      pattern: '^[A-Z][A-Z0-9_]*$',
      description: 'The environment variable that holds the secret: capitals, digits and `_`.',
    }),
  ),
  kid: Type.Optional(
    Type.Unsafe<string>({
      ...Kid,
      description:
        'The name of the secret: tokens that Parley signs carry it. Those that name no key are verified with this one too.',
    }),
  ),
  retired: Type.Optional(
    Type.Record(Kid, Type.String({ pattern: '^[A-Z][A-Z0-9_]*$' }), {
      description:
        'Secrets that signed before, by their `kid`, as environment variables: until the last of their tokens has ended.',
    }),
  ),
  jwksFile: Type.Optional(
    Type.String({ minLength: 1, description: 'The public keys (JWKS), by a path relative to this file.' }),
  ),
  jwksUrl: Type.Optional(
    Type.String({ pattern: '^https?://', description: 'The public keys (JWKS), by URL; `https` in production.' }),
  ),
  algorithms: Type.Optional(
    Type.Array(Type.Enum(['HS256', 'RS256', 'ES256', 'EdDSA']), {
      minItems: 1,
      description: 'Those that are trusted. Absent: HS256 for a secret, the three others for a key set.',
    }),
  ),
  iss: Type.Optional(names('The issuers that are trusted: the claim `iss` must be one of them.')),
  aud: Type.Optional(names('The audiences that are meant: the claim `aud` must name one of them.')),
  typ: Type.Optional(Type.String({ minLength: 1, description: "What the header's `typ` must be." })),
  requireJti: Type.Optional(Type.Boolean({ description: 'Whether the claim `jti` must be there.' })),
  maxAgeMs: Type.Optional(
    Type.Integer({
      minimum: 1_000,
      description: 'Ms from `iat` after which a token has ended; `iat` is then demanded in place of `exp`.',
    }),
  ),
});

export const AccountsEntry = Closed({
  accessMs: Type.Optional(
    Type.Integer({ minimum: 10_000, description: 'Ms that an access token is good for. Absent: 15 minutes.' }),
  ),
  refreshMs: Type.Optional(
    Type.Integer({ minimum: 10_000, description: 'Ms that a session lasts without being refreshed. Absent: 30 days.' }),
  ),
});

export const AskEntry = Closed({
  ask: Type.String({ pattern: '^https?://', description: 'The URL that is asked; `https` in production.' }),
  secretEnv: Type.String({
    pattern: '^[A-Z][A-Z0-9_]*$',
    description: 'The environment variable that holds the secret, at least 32 bytes, with which questions are signed.',
  }),
});

export const Allowance = Closed({
  points: Type.Integer({ minimum: 1, description: 'Actions of one user on one node …' }),
  windowMs: Type.Integer({ minimum: 100, maximum: 3_600_000, description: '… in each window of so many ms.' }),
});

const Budgets = Closed({
  send: Type.Optional(Allowance),
  write: Type.Optional(Allowance),
  read: Type.Optional(Allowance),
  signal: Type.Optional(Allowance),
  session: Type.Optional(Allowance),
} satisfies Record<keyof typeof budgets, TSchema>);

/** Redis counts in whole seconds. */
export const RareAllowance = Closed({
  points: Type.Integer({ minimum: 1, description: 'Tries, at all nodes together …' }),
  windowMs: Type.Integer({
    minimum: 1_000,
    maximum: 86_400_000,
    multipleOf: 1_000,
    description: '… in each window of so many ms, whole seconds.',
  }),
});

const RareLimits = Closed({
  'connect.address': Type.Optional(RareAllowance),
  'login.address': Type.Optional(RareAllowance),
  'login.account': Type.Optional(RareAllowance),
  'register.address': Type.Optional(RareAllowance),
  'register.account': Type.Optional(RareAllowance),
  'refresh.address': Type.Optional(RareAllowance),
} satisfies Record<keyof typeof rareLimits, TSchema>);

export const SpaceEntry = Closed({
  dialect: Type.Enum(dialectNames, { description: 'The contract that its clients speak.' }),
  port: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 65_535,
      description: 'The port at the load balancer that is this space, whatever the host name.',
    }),
  ),
  hosts: Type.Optional(
    Type.Array(Type.String({ minLength: 1 }), {
      description: 'Host names that are this space, at whatever port: they go before ports.',
    }),
  ),
  origins: Type.Optional(
    Type.Array(Type.String({ pattern: '^(\\*|https?://[^/]+)$' }), {
      description:
        'Web pages that may connect, as browsers say it (`https://app.example`); `*` is all. Absent: no page.',
    }),
  ),
  tokens: TokenEntry,
  accounts: Type.Optional(
    Type.Unsafe<Static<typeof AccountsEntry>>({
      ...AccountsEntry,
      description:
        'Whoever wants may register and log in (PROTOCOL.md §2); needs a secret. Absent: users come with tokens of the product.',
    }),
  ),
  talk: Type.Optional(
    Type.Union([Type.Enum(talkRuleNames), AskEntry], {
      description: 'Who may talk to whom (PROTOCOL.md §9), or whom to ask. Absent: `anybody`.',
    }),
  ),
  lookup: Type.Optional(
    Type.Enum(['known', 'agents', 'everybody'], {
      description:
        'Whom users may look up: those they share a conversation or link with (which absent means), every agent too, or everybody.',
    }),
  ),
  retentionDays: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 36_500,
      description:
        'Days that its messages are kept, with what belongs to them; older ones are dropped for good. Absent: for ever.',
    }),
  ),
  limits: Type.Optional(
    Closed({
      budgets: Type.Optional(Budgets),
      rare: Type.Optional(RareLimits),
      fileBytesMax: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: limits.fileBytesMax,
          description: 'Bytes of one uploaded file. Absent: `fileBytesMax` of PROTOCOL.md §11, which is the most.',
        }),
      ),
      fileQuotaBytesMax: Type.Optional(
        Type.Integer({
          minimum: 1,
          description: 'Bytes of all files of one user. Absent: `fileQuotaBytesMax` of PROTOCOL.md §11.',
        }),
      ),
    }),
  ),
});

/** The file of spaces. A sixth product is one more entry here, and no code. */
export const SpacesFile = Closed({
  spaces: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }), SpaceEntry, { additionalProperties: false }),
});

export type TokenEntry = Static<typeof TokenEntry>;
export type SpaceEntry = Static<typeof SpaceEntry>;
