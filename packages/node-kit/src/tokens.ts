import { createDecoder, createVerifier } from 'fast-jwt';
import { judgeClaims, type TokenClaims } from './claims.ts';
import { createKeySet, type KeySet } from './key-set.ts';
import type { Space, TokenRules } from './spaces.ts';

export type { TokenClaims } from './claims.ts';
export { clockToleranceMs } from './claims.ts';

export type Verified =
  | { ok: true; claims: TokenClaims }
  /** `unavailable`: the key set of the product cannot be reached and none is cached; the token may be good. */
  | { ok: false; code: 'unauthenticated' | 'token_expired' | 'unavailable' };

export type Tokens = {
  /** Never throws: whatever is handed in, the answer is a verdict. Nothing of the token is logged or kept. */
  verify(token: unknown): Promise<Verified>;
};

type Options = {
  /** Milliseconds since 1970, by the clock that decides about expiry. */
  now?: () => number;
  /** Hears why a key set could not be loaded. */
  onKeysFailed?: (error: unknown) => void;
};

const tokenCharsMax = 8_192;
const refused = { ok: false, code: 'unauthenticated' } as const;
const decode = createDecoder({ complete: true });

/** Verifies the tokens of one space by its rules, and by nothing that the token says about itself besides its `kid`. */
export function createTokens(space: Space, { now = Date.now, onKeysFailed = () => {} }: Options = {}): Tokens {
  const { tokens: rules } = space;
  const checkOf = rules.key.from === 'secret' ? secretById(rules, rules.key) : keyById(rules, { now, onKeysFailed });
  return {
    async verify(token) {
      if (typeof token !== 'string' || token.length > tokenCharsMax) return refused;
      const check = await checkOf(token);
      if (check === 'unavailable') return { ok: false, code: 'unavailable' };
      const payload = check?.(token);
      return payload ? judgeClaims(payload, rules, now()) : refused;
    },
  };
}

/** The payload of a token whose signature and named claims are good, else `undefined`. */
type Check = (token: string) => Readonly<Record<string, unknown>> | undefined;
type CheckOf = (token: string) => Check | undefined | 'unavailable' | Promise<Check | undefined | 'unavailable'>;

/** A `kid` chooses among the secrets of a space that names them; products that name none may write what they like there. */
function secretById(
  rules: TokenRules,
  { secret, kid, retired }: Extract<TokenRules['key'], { from: 'secret' }>,
): CheckOf {
  const current = checkWith(rules, secret, ['HS256']);
  const older = new Map([...(retired ?? [])].map(([id, old]) => [id, checkWith(rules, old, ['HS256'])]));
  if (kid === undefined && older.size === 0) return () => current;
  return (token) => {
    const named = kidOf(token);
    if (named === undefined || named === kid) return current;
    return named === null ? undefined : older.get(named);
  };
}

function keyById(rules: TokenRules, options: Required<Options>): CheckOf {
  const checks = new WeakMap<object, Check>();
  const keys: KeySet = createKeySet(rules, options);
  return async (token) => {
    const key = await keys.find(kidOf(token));
    if (key === undefined || key === 'unavailable') return key;
    const check = checks.get(key) ?? checkWith(rules, key.pem, [key.algorithm]);
    checks.set(key, check);
    return check;
  };
}

/** `null`: a token that is none. `undefined`: one that names no key. */
function kidOf(token: string): string | null | undefined {
  try {
    const { header } = decode(token) as { header: { kid?: unknown } };
    if (header.kid === undefined) return undefined;
    return typeof header.kid === 'string' ? header.kid : null;
  } catch {
    // The only thing that decoding can fail for is a text that is no token, which is refused by `null`.
    return null;
  }
}

/**
 * fast-jwt by itself takes any algorithm of the key's family, and tokens that lack a claim which is only "allowed":
 * each option below closes one of these. Times are judged by ourselves (`judgeClaims`), after the signature.
 */
function checkWith(rules: TokenRules, key: string, algorithms: TokenRules['algorithms'][number][]): Check {
  const named = { iss: rules.iss, aud: rules.aud };
  const verify = createVerifier({
    key,
    algorithms,
    ignoreExpiration: true,
    ignoreNotBefore: true,
    requiredClaims: [
      ...Object.entries(named).flatMap(([claim, allowed]) => (allowed.length > 0 ? [claim] : [])),
      ...(rules.requireJti ? ['jti'] : []),
    ],
    ...(rules.iss.length > 0 && { allowedIss: [...rules.iss] }),
    ...(rules.aud.length > 0 && { allowedAud: [...rules.aud] }),
    ...(rules.typ !== undefined && { checkTyp: rules.typ }),
    cache: false,
  });
  return (token) => {
    try {
      const payload = verify(token) as Record<string, unknown>;
      if (rules.requireJti && !(typeof payload['jti'] === 'string' && payload['jti'] !== '')) return undefined;
      return payload;
    } catch {
      // Why a token is bad is nobody's business but the signer's: one code, so that no probing learns more.
      return undefined;
    }
  };
}
