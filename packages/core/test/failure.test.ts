import { errorCodes, errors } from '@parley/protocol';
import { describe, expect, it } from 'vitest';
import { Failure, refusalOf } from '../src/index.ts';

describe('a failure', () => {
  it.each(errorCodes)('%s carries the meaning of its code to the client', (code) => {
    expect(refusalOf(new Failure(code))).toEqual({ code, message: errors[code].meaning });
  });

  it('carries when to retry and which places are wrong', () => {
    const details = [{ path: '/body', message: 'too long' }];
    expect(refusalOf(new Failure('rate_limited', 'Slower.', { retryAfterMs: 5, details }))).toEqual({
      code: 'rate_limited',
      message: 'Slower.',
      retryAfterMs: 5,
      details,
    });
  });

  it('tells a client nothing of a defect but that it is one', () => {
    expect(refusalOf(new TypeError('password of db is x'))).toEqual({
      code: 'internal',
      message: errors.internal.meaning,
    });
  });
});
