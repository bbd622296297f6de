import { describe, expect, it } from 'vitest';
import { refusalTo } from '../src/index.ts';

const revokedAt = new Date('2026-01-01T12:00:00Z');
const before = new Date('2026-01-01T11:59:59Z');
const after = new Date('2026-01-01T12:00:01Z');

describe('who may enter', () => {
  it.each([
    ['an active user', { active: true, revokedAt: undefined, banned: false }, undefined, undefined],
    [
      'a deactivated user, whatever the token',
      { active: false, revokedAt: undefined, banned: false },
      after,
      'token_revoked',
    ],
    ['a token from before the revocation', { active: true, revokedAt, banned: false }, before, 'token_revoked'],
    [
      'a token of the very moment of the revocation',
      { active: true, revokedAt, banned: false },
      revokedAt,
      'token_revoked',
    ],
    ['a token from after the revocation', { active: true, revokedAt, banned: false }, after, undefined],
    ['a banned user, whatever the token', { active: true, revokedAt: undefined, banned: true }, after, 'banned'],
    [
      'after a revocation, a token that does not say when it was issued',
      { active: true, revokedAt, banned: false },
      undefined,
      'token_revoked',
    ],
  ])('%s', (_what, standing, issuedAt, expected) => {
    expect(refusalTo(standing, issuedAt)).toBe(expected);
  });
});
