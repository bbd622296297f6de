import { randomUUID } from 'node:crypto';
import type { Profile, Role } from '@parley/protocol';
import { createSigner } from 'fast-jwt';
import type { Space } from './spaces.ts';

type Person = Profile & {
  userId: string;
  role: Role;
  /** A day by default. */
  expiresInMs?: number;
  /** Now by default. */
  issuedAt?: Date;
};

const dayMs = 86_400_000;

/**
 * A token that this space trusts: for development, tests and the command line. Products sign their own.
 * @throws Error for a space that verifies by a key set, whose private key is not ours
 */
export function mintToken(
  space: Space,
  { userId, role, expiresInMs = dayMs, issuedAt = new Date(), ...profile }: Person,
): string {
  const { key, iss, aud, typ, requireJti } = space.tokens;
  if (key.from !== 'secret')
    throw new Error(`space "${space.name}" trusts a key set: only its product can sign tokens`);
  const issuedS = Math.floor(issuedAt.getTime() / 1000);
  const sign = createSigner({
    key: key.secret,
    algorithm: 'HS256',
    ...(typ !== undefined && { header: { alg: 'HS256', typ } }),
    ...(key.kid !== undefined && { kid: key.kid }),
  });
  return sign({
    sub: userId,
    role,
    iat: issuedS,
    exp: Math.floor((issuedAt.getTime() + expiresInMs) / 1000),
    ...profile,
    ...(iss[0] !== undefined && { iss: iss[0] }),
    ...(aud[0] !== undefined && { aud: aud[0] }),
    ...(requireJti && { jti: randomUUID() }),
  });
}
