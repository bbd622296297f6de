import { limits, type Role, UserId } from '@parley/protocol';
import { Compile } from 'typebox/compile';
import type { TokenRules } from './spaces.ts';

/** What a verified token says. Claims that do not fit are absent; without a usable user id there is no token. */
export type TokenClaims = {
  userId: string;
  role: Role;
  name?: string;
  email?: string;
  issuedAt?: Date;
  expiresAt?: Date;
};

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

const emailCharsMax = 320;
const userId = Compile(UserId);
const unauthenticated = { ok: false, code: 'unauthenticated' } as const;

/** Judges the payload of a token whose signature, algorithm and named claims are good already. */
export function judgeClaims(payload: Payload, rules: TokenRules, nowMs: number): Judgement {
  const time = judgeTimes(payload, rules, nowMs);
  if (typeof time === 'string') return { ok: false, code: time };
  const id = payload['sub'] ?? payload['id'] ?? payload['userId'];
  const text = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : id;
  if (!userId.Check(text)) return unauthenticated;
  const name = fitting(payload['name'], limits.nameCharsMax);
  const email = fitting(payload['email'], emailCharsMax);
  return {
    ok: true,
    claims: {
      userId: text,
      role: roles.get(payload['role']) ?? 'user',
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
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

function fitting(value: unknown, charsMax: number): string | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > charsMax) return undefined;
  return value.isWellFormed() && !value.includes('\u0000') ? value : undefined;
}
