import { createHmac } from 'node:crypto';

type Parts = { header?: object; claims: object; secret: string; hash?: 'sha256' | 'sha512' };

/** A token made by hand, so that it can be wrong in any way. */
export function forgeToken({ header = { alg: 'HS256', typ: 'JWT' }, claims, secret, hash = 'sha256' }: Parts): string {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac(hash, secret).update(signed).digest('base64url')}`;
}

export function unsignedToken(claims: object): string {
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
