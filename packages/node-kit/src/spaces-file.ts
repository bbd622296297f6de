import { budgets } from '@parley/protocol';
import Type, { type Static, type TSchema } from 'typebox';

const Names = Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })]);
const Closed = <const T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

const TokenEntry = Closed({
  secret: Type.Optional(Type.String({ description: 'The shared secret of HS256.' })),
  secretEnv: Type.Optional(Type.String({ pattern: '^[A-Z][A-Z0-9_]*$', description: 'The variable that holds it.' })),
  jwksFile: Type.Optional(Type.String({ minLength: 1 })),
  jwksUrl: Type.Optional(Type.String({ pattern: '^https?://' })),
  algorithms: Type.Optional(Type.Array(Type.Enum(['HS256', 'RS256', 'ES256', 'EdDSA']), { minItems: 1 })),
  iss: Type.Optional(Names),
  aud: Type.Optional(Names),
  typ: Type.Optional(Type.String({ minLength: 1 })),
  requireJti: Type.Optional(Type.Boolean()),
  maxAgeMs: Type.Optional(Type.Integer({ minimum: 1_000 })),
});

const Allowance = Closed({
  points: Type.Integer({ minimum: 1 }),
  windowMs: Type.Integer({ minimum: 100, maximum: 3_600_000 }),
});

const SpaceEntry = Closed({
  dialect: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$' }),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
  hosts: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
  origins: Type.Optional(Type.Array(Type.String({ pattern: '^(\\*|https?://[^/]+)$' }))),
  tokens: TokenEntry,
  limits: Type.Optional(
    Closed({
      budgets: Type.Optional(
        Closed({
          send: Type.Optional(Allowance),
          write: Type.Optional(Allowance),
          read: Type.Optional(Allowance),
          signal: Type.Optional(Allowance),
          session: Type.Optional(Allowance),
        } satisfies Record<keyof typeof budgets, TSchema>),
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
