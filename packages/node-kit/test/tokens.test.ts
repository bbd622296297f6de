import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokens, mintToken, type TokenRules } from '@parley/node-kit';
import { afterAll, describe, expect, it } from 'vitest';
import {
  by,
  forge,
  goodPayload,
  hmac,
  hs256,
  jwk,
  nowMs,
  nowS,
  pairs,
  secret,
  spaceWith,
  unsigned,
} from './support/forge.ts';

const folder = mkdtempSync(join(tmpdir(), 'parley-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keySet = join(folder, 'jwks.json');
const keys = [jwk(pairs.rsa, 'rsa'), jwk(pairs.ec, 'ec'), jwk(pairs.ed, 'ed'), jwk(pairs.shortRsa, 'short')];
writeFileSync(
  keySet,
  JSON.stringify({ keys: [...keys, { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'oct' }] }),
);

const bySecret = (rules: Partial<TokenRules> = {}) => createTokens(spaceWith(rules), { now: () => nowMs });
const byKeySet = (rules: Partial<TokenRules> = {}) =>
  createTokens(spaceWith({ key: { from: 'file', path: keySet }, algorithms: ['RS256', 'ES256', 'EdDSA'], ...rules }), {
    now: () => nowMs,
  });

const rsaPem = pairs.rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const rsaJwk = JSON.stringify(pairs.rsa.publicKey.export({ format: 'jwk' }));
const without = (claim: keyof typeof goodPayload) =>
  Object.fromEntries(Object.entries(goodPayload).filter(([key]) => key !== claim));

describe('a good token', () => {
  it('is verified with the secret of its space', async () => {
    const verified = await bySecret().verify(hs256({ ...goodPayload, name: 'Ada', email: 'ada@example.com' }));
    expect(verified).toEqual({
      ok: true,
      claims: {
        userId: 'ada',
        role: 'user',
        name: 'Ada',
        email: 'ada@example.com',
        issuedAt: new Date(nowMs - 60_000),
        expiresAt: new Date(nowMs + 60_000),
      },
    });
  });

  it.each([
    ['RS256', 'rsa', by(pairs.rsa.privateKey)],
    ['ES256', 'ec', by(pairs.ec.privateKey)],
    ['EdDSA', 'ed', by(pairs.ed.privateKey, null)],
  ])('signed with %s is verified by the key set', async (alg, kid, signature) => {
    expect(await byKeySet().verify(forge({ alg, kid }, goodPayload, signature))).toMatchObject({ ok: true });
  });

  it('may lack `exp` where the space counts an age, and ends when its age does', async () => {
    const tokens = bySecret({ maxAgeMs: 120_000 });
    expect(await tokens.verify(hs256(without('exp')))).toMatchObject({
      ok: true,
      claims: { expiresAt: new Date(nowMs + 60_000) },
    });
    expect(await tokens.verify(hs256({ ...without('exp'), iat: nowS - 200 }))).toEqual({
      ok: false,
      code: 'token_expired',
    });
  });

  it('may be ten seconds late or early, because clocks differ', async () => {
    expect(await bySecret().verify(hs256({ ...goodPayload, exp: nowS - 9 }))).toMatchObject({ ok: true });
    expect(await bySecret().verify(hs256({ ...goodPayload, iat: nowS + 9, nbf: nowS + 9 }))).toMatchObject({
      ok: true,
    });
  });

  it('is what `mintToken` makes, also where the space names claims', async () => {
    const space = spaceWith({ iss: ['https://issuer.example'], aud: ['chat'], typ: 'at+jwt', requireJti: true });
    const token = mintToken(space, { userId: 'ada', role: 'agent', name: 'Ada' });
    expect(await createTokens(space).verify(token)).toMatchObject({
      ok: true,
      claims: { userId: 'ada', role: 'agent', name: 'Ada' },
    });
  });
});

describe('a bad token of a space with a secret is refused', () => {
  const named = { iss: ['https://issuer.example'], aud: ['chat'], typ: 'at+jwt', requireJti: true };
  const namedPayload = { ...goodPayload, iss: 'https://issuer.example', aud: 'chat', jti: '1' };
  const typ = { typ: 'at+jwt' };

  it.each<[string, unknown]>([
    ['no text', 42],
    ['nothing', undefined],
    ['an empty text', ''],
    ['a text that is no token', 'hello'],
    ['two dots', '..'],
    ['more than 8 KiB', hs256({ ...goodPayload, padding: 'x'.repeat(8_192) })],
    ['alg none without a signature', forge({ alg: 'none' }, goodPayload, unsigned)],
    ['alg None without a signature', forge({ alg: 'None' }, goodPayload, unsigned)],
    ['alg none with a signature', forge({ alg: 'none' }, goodPayload, hmac(secret))],
    ['no signature', forge({ alg: 'HS256' }, goodPayload, unsigned)],
    ['HS512 with the right secret', forge({ alg: 'HS512' }, goodPayload, hmac(secret, 'sha512'))],
    ['HS384 with the right secret', forge({ alg: 'HS384' }, goodPayload, hmac(secret, 'sha384'))],
    ['RS256 by a key of its own', forge({ alg: 'RS256' }, goodPayload, by(pairs.rsa.privateKey))],
    [
      'RS256 with its key in the header',
      forge({ alg: 'RS256', jwk: jwk(pairs.rsa, 'x') }, goodPayload, by(pairs.rsa.privateKey)),
    ],
    ['another secret', forge({ alg: 'HS256' }, goodPayload, hmac('another-secret-of-32-bytes-here-!'))],
    ['the empty secret', forge({ alg: 'HS256' }, goodPayload, hmac(''))],
    [
      'a payload that was changed',
      hs256(goodPayload).replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"eve"}').toString('base64url')}.`),
    ],
    ['a payload that is a list', hs256([goodPayload])],
    ['a payload that is no JSON', hs256('{')],
    ['a critical header that nobody knows', hs256(goodPayload, { crit: ['b64'], b64: false })],
    ['no user', hs256(without('sub'))],
    ['an empty user', hs256({ ...goodPayload, sub: '' })],
    ['a user that is an object', hs256({ ...goodPayload, sub: { id: 1 } })],
    ['a user with a line break', hs256({ ...goodPayload, sub: 'ada\nlovelace' })],
    ['a user of 129 characters', hs256({ ...goodPayload, sub: 'x'.repeat(129) })],
    ['no exp', hs256(without('exp'))],
    ['an exp that is a text', hs256({ ...goodPayload, exp: '9999999999' })],
    ['an exp that is null', hs256({ ...goodPayload, exp: null })],
    ['an iat in the future', hs256({ ...goodPayload, iat: nowS + 11 })],
    ['an iat that is a text', hs256({ ...goodPayload, iat: 'now' })],
    ['an nbf in the future', hs256({ ...goodPayload, nbf: nowS + 11 })],
  ])('%s', async (_, token) => {
    expect(await bySecret().verify(token)).toEqual({ ok: false, code: 'unauthenticated' });
  });

  it('an exp in the past, with a code of its own', async () => {
    expect(await bySecret().verify(hs256({ ...goodPayload, exp: nowS - 10 }))).toEqual({
      ok: false,
      code: 'token_expired',
    });
  });

  it('an exp in the past but a forged signature, without telling that it is expired', async () => {
    const forged = forge(
      { alg: 'HS256' },
      { ...goodPayload, exp: nowS - 10 },
      hmac('another-secret-of-32-bytes-here-!'),
    );
    expect(await bySecret().verify(forged)).toEqual({ ok: false, code: 'unauthenticated' });
  });

  it('no iat where the space counts an age', async () => {
    expect(await bySecret({ maxAgeMs: 120_000 }).verify(hs256(without('iat')))).toEqual({
      ok: false,
      code: 'unauthenticated',
    });
  });

  it('though one with every named claim is taken', async () => {
    expect(await bySecret(named).verify(hs256(namedPayload, typ))).toMatchObject({ ok: true });
  });

  it.each<[string, string]>([
    ['no iss', hs256({ ...namedPayload, iss: undefined }, typ)],
    ['another iss', hs256({ ...namedPayload, iss: 'https://issuer.example.evil' }, typ)],
    ['a list of iss with the right one', hs256({ ...namedPayload, iss: ['https://issuer.example'] }, typ)],
    ['no aud', hs256({ ...namedPayload, aud: undefined }, typ)],
    ['another aud', hs256({ ...namedPayload, aud: 'notchat' }, typ)],
    ['an empty list of aud', hs256({ ...namedPayload, aud: [] }, typ)],
    ['no jti', hs256({ ...namedPayload, jti: undefined }, typ)],
    ['an empty jti', hs256({ ...namedPayload, jti: '' }, typ)],
    ['another typ', hs256(namedPayload, { typ: 'refresh+jwt' })],
    ['no typ', hs256(namedPayload, { typ: undefined })],
  ])('%s where the space names it', async (_, token) => {
    expect(await bySecret(named).verify(token)).toEqual({ ok: false, code: 'unauthenticated' });
  });
});

describe('a bad token of a space with a key set is refused', () => {
  const rs256 = by(pairs.rsa.privateKey);
  it.each<[string, string]>([
    ['alg none', forge({ alg: 'none', kid: 'rsa' }, goodPayload, unsigned)],
    ['HS256 with the public key as the secret', forge({ alg: 'HS256', kid: 'rsa' }, goodPayload, hmac(rsaPem))],
    ['HS256 with the public key, trimmed', forge({ alg: 'HS256', kid: 'rsa' }, goodPayload, hmac(rsaPem.trim()))],
    ['HS256 with the JWK as the secret', forge({ alg: 'HS256', kid: 'rsa' }, goodPayload, hmac(rsaJwk))],
    ['HS256 with a symmetric key of the set', forge({ alg: 'HS256', kid: 'oct' }, goodPayload, hmac(secret))],
    ['RS256 under the name of the EC key', forge({ alg: 'RS256', kid: 'ec' }, goodPayload, rs256)],
    ['ES256 under the name of the RSA key', forge({ alg: 'ES256', kid: 'rsa' }, goodPayload, by(pairs.ec.privateKey))],
    ['RS512 by the right key', forge({ alg: 'RS512', kid: 'rsa' }, goodPayload, by(pairs.rsa.privateKey, 'sha512'))],
    ['a key of 1024 bits', forge({ alg: 'RS256', kid: 'short' }, goodPayload, by(pairs.shortRsa.privateKey))],
    ['no kid among several keys', forge({ alg: 'RS256' }, goodPayload, rs256)],
    ['a kid that is a path', forge({ alg: 'RS256', kid: '../../etc/passwd' }, goodPayload, rs256)],
    ['a kid that is a query', forge({ alg: 'RS256', kid: "rsa' or 1=1 --" }, goodPayload, rs256)],
    ['a kid that is a name of every object', forge({ alg: 'RS256', kid: '__proto__' }, goodPayload, rs256)],
    ['a kid that is no text', forge({ alg: 'RS256', kid: ['rsa'] }, goodPayload, rs256)],
    ['a kid of 4 KB', forge({ alg: 'RS256', kid: 'r'.repeat(4_096) }, goodPayload, rs256)],
    ['a kid of 10 KB', forge({ alg: 'RS256', kid: 'r'.repeat(10_240) }, goodPayload, rs256)],
    ['a key set of its own', forge({ alg: 'RS256', kid: 'mine', jku: 'http://127.0.0.1:1/' }, goodPayload, rs256)],
    ['a signature by another key', forge({ alg: 'RS256', kid: 'rsa' }, goodPayload, by(pairs.shortRsa.privateKey))],
  ])('%s', async (_, token) => {
    expect(await byKeySet().verify(token)).toEqual({ ok: false, code: 'unauthenticated' });
  });

  it('an algorithm that the space does not permit', async () => {
    const token = forge({ alg: 'ES256', kid: 'ec' }, goodPayload, by(pairs.ec.privateKey));
    expect(await byKeySet({ algorithms: ['RS256'] }).verify(token)).toEqual({ ok: false, code: 'unauthenticated' });
  });

  it('for the moment, when there is no key set to judge it by', async () => {
    const missing = byKeySet({ key: { from: 'file', path: join(folder, 'missing.json') } });
    expect(await missing.verify(forge({ alg: 'RS256', kid: 'rsa' }, goodPayload, rs256))).toEqual({
      ok: false,
      code: 'unavailable',
    });
  });
});

describe('claims', () => {
  it.each([
    [{ sub: 'a', id: 'b', userId: 'c' }, 'a'],
    [{ id: 'b', userId: 'c' }, 'b'],
    [{ userId: 'c' }, 'c'],
    [{ id: 17 }, '17'],
  ])('%o name the user %s', async (ids, userId) => {
    expect(await bySecret().verify(hs256({ ...without('sub'), ...ids }))).toMatchObject({
      ok: true,
      claims: { userId },
    });
  });

  it.each([
    [undefined, 'user'],
    ['user', 'user'],
    ['trainer', 'agent'],
    ['agent', 'agent'],
    ['admin', 'admin'],
    ['superuser', 'user'],
    [['admin'], 'user'],
  ])('of role %o give the rights of %s', async (role, expected) => {
    expect(await bySecret().verify(hs256({ ...goodPayload, role }))).toMatchObject({
      ok: true,
      claims: { role: expected },
    });
  });

  it.each([
    [{ given_name: 'Ada', family_name: 'Byron', picture: 'https://cdn.example/a.png' }],
    [{ firstName: 'Ada', lastName: 'Byron', avatar: 'https://cdn.example/a.png' }],
    [
      {
        given_name: '',
        firstName: 'Ada',
        lastName: 'Byron',
        picture: 'javascript:alert(1)',
        avatarUrl: 'https://cdn.example/a.png',
      },
    ],
  ])('%o tell the profile', async (told) => {
    expect(await bySecret().verify(hs256({ ...goodPayload, ...told }))).toMatchObject({
      ok: true,
      claims: { firstName: 'Ada', lastName: 'Byron', avatarUrl: 'https://cdn.example/a.png' },
    });
  });

  it('that do not fit are left out', async () => {
    const verified = await bySecret().verify(hs256({ ...goodPayload, name: 'x'.repeat(129), email: 7 }));
    expect(verified.ok && Object.keys(verified.claims).toSorted()).toEqual(['expiresAt', 'issuedAt', 'role', 'userId']);
  });
});
