import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Algorithm, TokenRules } from './spaces.ts';

/** A public key of the product, and the one algorithm that it verifies. */
export type PublicKey = { pem: string; algorithm: Algorithm };

export type KeySet = {
  /**
   * @param kid the key that a token names; `undefined` when it names none, which suffices where there is one key only;
   * `null` never finds anything
   */
  find(kid: string | null | undefined): Promise<PublicKey | undefined | 'unavailable'>;
};

type Options = { now: () => number; onKeysFailed: (error: unknown) => void };
type Keys = ReadonlyMap<string, PublicKey>;

/** After this a key set is loaded anew, in the background, while the old one serves. */
const maxAgeMs = 600_000;
/** A `kid` that nobody knows loads the set again, because keys rotate; but no more often than this. */
const reloadPauseMs = 30_000;
const loadTimeoutMs = 3_000;
const kidCharsMax = 256;
const keysMax = 100;
const setBytesMax = 256 * 1024;
/** RSA keys below are refused by NIST SP 800-57 and by RFC 7518 §3.3. */
const rsaBitsMin = 2_048;

/** The keys of a JWKS, by file or URL: loaded when first needed, kept while their source is away. */
export function createKeySet(rules: TokenRules, { now, onKeysFailed }: Options): KeySet {
  let keys: Keys | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;

  const renew = async () => {
    keys = await loadKeys(rules);
    loadedAt = now();
  };
  const load = () => {
    triedAt = now();
    loading ??= renew()
      .catch(onKeysFailed)
      .finally(() => {
        loading = undefined;
      });
    return loading;
  };
  const mayLoad = () => loading !== undefined || now() - triedAt >= (keys ? reloadPauseMs : 1_000);

  return {
    async find(kid) {
      // Refused before any I/O: names that no key set of ours could hold.
      if (kid === null || (kid !== undefined && kid.length > kidCharsMax)) return undefined;
      if (!keys && mayLoad()) await load();
      if (!keys) return 'unavailable';
      if (now() - loadedAt >= maxAgeMs && mayLoad()) void load();
      const found = pick(keys, kid);
      if (found || !mayLoad()) return found;
      await load();
      return pick(keys, kid);
    },
  };
}

function pick(keys: Keys, kid: string | undefined): PublicKey | undefined {
  if (kid !== undefined) return keys.get(kid);
  return keys.size === 1 ? keys.values().next().value : undefined;
}

async function loadKeys(rules: TokenRules): Promise<Keys> {
  const set: unknown = JSON.parse(await readSet(rules.key));
  const found = new Map<string, PublicKey>();
  const jwks = typeof set === 'object' && set !== null && 'keys' in set && Array.isArray(set.keys) ? set.keys : [];
  for (const [index, jwk] of (jwks as (JsonWebKey & { kid?: unknown; use?: unknown; alg?: unknown })[])
    .slice(0, keysMax)
    .entries()) {
    const key = toPublicKey(jwk);
    if (key && rules.algorithms.includes(key.algorithm))
      found.set(typeof jwk.kid === 'string' ? jwk.kid : `#${index}`, key);
  }
  if (found.size === 0) throw new Error('the key set holds no key that this space may use');
  return found;
}

async function readSet(source: TokenRules['key']): Promise<string> {
  if (source.from === 'file') return readFile(source.path, 'utf8');
  if (source.from !== 'url') throw new Error('a secret has no key set');
  const answer = await fetch(source.url, { redirect: 'error', signal: AbortSignal.timeout(loadTimeoutMs) });
  if (!answer.ok) throw new Error(`the key set answered ${answer.status}`);
  const text = await answer.text();
  if (text.length > setBytesMax) throw new Error('the key set is too large');
  return text;
}

/** Keys for encryption and short ones are left out, and symmetric ones (`oct`), which are no public keys for Node either. */
function toPublicKey(jwk: (JsonWebKey & { use?: unknown; alg?: unknown }) | null): PublicKey | undefined {
  if (typeof jwk !== 'object' || jwk === null || (jwk.use !== undefined && jwk.use !== 'sig')) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const algorithm = algorithmOf(key);
    if (!algorithm || (jwk.alg !== undefined && jwk.alg !== algorithm)) return undefined;
    return { pem: key.export({ type: 'spki', format: 'pem' }).toString(), algorithm };
  } catch {
    // One key of a kind that Node does not know must not take the others with it.
    return undefined;
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm | undefined {
  if (asymmetricKeyType === 'rsa')
    return (asymmetricKeyDetails?.modulusLength ?? 0) >= rsaBitsMin ? 'RS256' : undefined;
  if (asymmetricKeyType === 'ec') return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined;
  return asymmetricKeyType === 'ed25519' ? 'EdDSA' : undefined;
}
