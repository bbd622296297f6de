import { type Profile, profileFields, type Role, staffId, UserId } from '@parley/protocol';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TokenRules } from './spaces.ts';

/** What a verified token says. Claims that do not fit are absent; without a usable user id there is no token. */
export type TokenClaims = Profile & { userId: string; role: Role; issuedAt?: Date; expiresAt?: Date };

export type Judgement = { ok: true; claims: TokenClaims } | { ok: false; code: 'unauthenticated' | 'token_expired' };

type Payload = Readonly<Record<string, unknown>>;

/** Clocks of our nodes and of those who sign differ by some seconds; more is somebody's fault. */
export const clockToleranceMs = 10_000;

/** What the products call their roles. Anything else has no more rights than everybody. */
const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ['user', 'user'],
  ['agent', 'agent'],
  ['trainer', 'agent'],
  ['admin', 'admin'],
]);

/** By which claims a profile is told: the standard's own (OpenID Connect) first, then what products call them. */
const profileClaims: Readonly<Record<keyof Profile, (payload: Payload) => string | undefined>> = {
  name: reader(profileFields.name, 'name'),
  firstName: reader(profileFields.firstName, 'given_name', 'firstName'),
  lastName: reader(profileFields.lastName, 'family_name', 'lastName'),
  email: reader(profileFields.email, 'email'),
  avatarUrl: reader(profileFields.avatarUrl, 'picture', 'avatarUrl', 'avatar'),
};

const userId = Compile(UserId);
const unauthenticated = { ok: false, code: 'unauthenticated' } as const;

/** Judges the payload of a token whose signature, algorithm and named claims are good already. */
export function judgeClaims(payload: Payload, rules: TokenRules, nowMs: number): Judgement {
  const time = judgeTimes(payload, rules, nowMs);
  if (typeof time === 'string') return { ok: false, code: time };
  const id = payload['sub'] ?? payload['id'] ?? payload['userId'];
  const text = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id;
  if (!userId.Check(text) || text === staffId) return unauthenticated;
  return {
    ok: true,
    claims: {
      userId: text,
      role: roles.get(payload['role']) ?? 'user',
      ...profileOf(payload),
      ...time,
    },
  };
}

/** `exp` is demanded, or `iat` where the space counts an age; when both are there, the earlier end counts. */
function judgeTimes(
  { iat, exp, nbf }: Payload,
  { maxAgeMs }: TokenRules,
  nowMs: number,
): 'unauthenticated' | 'token_expired' | Pick<TokenClaims, 'issuedAt' | 'expiresAt'> {
  if (![iat, exp, nbf].every(isTimeOrAbsent)) return 'unauthenticated';
  const issuedMs = typeof iat === 'number' ? iat * 1000 : undefined;
  const ends: number[] = [];
  if (typeof exp === 'number') ends.push(exp * 1000);
  if (maxAgeMs !== undefined && issuedMs !== undefined) ends.push(issuedMs + maxAgeMs);
  if (maxAgeMs === undefined ? exp === undefined : iat === undefined) return 'unauthenticated';
  // A token from the future would outlive a revocation and its maximum age.
  if (issuedMs !== undefined && issuedMs > nowMs + clockToleranceMs) return 'unauthenticated';
  if (typeof nbf === 'number' && nbf * 1000 > nowMs + clockToleranceMs) return 'unauthenticated';
  const endMs = Math.min(...ends);
  if (nowMs >= endMs + clockToleranceMs) return 'token_expired';
  return { ...(issuedMs !== undefined && { issuedAt: new Date(issuedMs) }), expiresAt: new Date(endMs) };
}

/** Seconds that a Date can hold. `null` and texts are no times, and must not pass as "absent". */
function isTimeOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && value <= 8.64e12);
}

/** The first of these claims that says something which fits its field. */
function reader(schema: TSchema, ...claims: readonly string[]): (payload: Payload) => string | undefined {
  const field = Compile(schema);
  return (payload) => {
    for (const claim of claims) {
      const value = payload[claim];
      if (typeof value === 'string' && value !== '' && field.Check(value)) return value;
    }
    return undefined;
  };
}

function profileOf(payload: Payload): Profile {
  return Object.fromEntries(
    Object.entries(profileClaims).flatMap(([field, read]) => {
      const value = read(payload);
      return value === undefined ? [] : [[field, value]];
    }),
  );
}
