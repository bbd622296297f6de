import { createHmac, generateKeyPairSync, type KeyObject, sign as signWith } from 'node:crypto';
import { developmentSpace, type Space, type TokenRules } from '@parley/node-kit';

/** 32 bytes, and no development secret. */
export const secret = 'a-secret-of-32-bytes-for-tests-!';
export const nowMs = Date.UTC(2026, 0, 1);
export const nowS = nowMs / 1000;

/** A payload that every space takes, but for claims that it names. */
export const goodPayload = { sub: 'ada', role: 'user', iat: nowS - 60, exp: nowS + 60 };

export function spaceWith(tokens: Partial<TokenRules> = {}): Space {
  const space = developmentSpace('main');
  return { ...space, tokens: { ...space.tokens, key: { from: 'secret', secret }, ...tokens } };
}

type Header = Record<string, unknown>;

/** A token as an attacker writes it: any header over any payload, signed (or not) in any way. */
export function forge(header: Header, payload: unknown, signature: (input: string) => string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${signature(input)}`;
}

export const unsigned = () => '';

export const hmac =
  (key: string, hash = 'sha256') =>
  (input: string) =>
    createHmac(hash, key).update(input).digest('base64url');

export const by =
  (key: KeyObject, hash: string | null = 'sha256') =>
  (input: string) =>
    signWith(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');

export function hs256(payload: unknown, header: Header = {}): string {
  return forge({ alg: 'HS256', typ: 'JWT', ...header }, payload, hmac(secret));
}

export const pairs = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  shortRsa: generateKeyPairSync('rsa', { modulusLength: 1024 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
};

/** The public half of a pair as an entry of a key set. */
export function jwk(pair: { publicKey: KeyObject }, kid: string, more: object = {}): object {
  return { ...pair.publicKey.export({ format: 'jwk' }), kid, ...more };
}

function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
}
