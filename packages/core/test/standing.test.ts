import { describe, expect, it } from 'vitest';
import { mayEnter } from '../src/index.ts';

const revokedAt = new Date('2026-01-01T12:00:00Z');
const before = new Date('2026-01-01T11:59:59Z');
const after = new Date('2026-01-01T12:00:01Z');

describe('who may enter', () => {
  it.each([
    ['an active user', { active: true, revokedAt: undefined }, undefined, true],
    ['a deactivated user, whatever the token', { active: false, revokedAt: undefined }, after, false],
    ['a token from before the revocation', { active: true, revokedAt }, before, false],
    ['a token of the very moment of the revocation', { active: true, revokedAt }, revokedAt, false],
    ['a token from after the revocation', { active: true, revokedAt }, after, true],
    ['after a revocation, a token that does not say when it was issued', { active: true, revokedAt }, undefined, false],
  ])('%s', (_what, standing, issuedAt, expected) => {
    expect(mayEnter(standing, issuedAt)).toBe(expected);
  });
});
