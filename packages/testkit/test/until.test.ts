import { describe, expect, it } from 'vitest';
import { until } from '@parley/testkit';

describe('until', () => {
  it('returns the first answer that is something', async () => {
    let asked = 0;
    const answer = await until(() => (++asked < 3 ? undefined : asked), { what: 'three' });
    expect(answer).toBe(3);
  });

  it('takes an empty text and zero for answers', async () => {
    expect(await until(() => '', { what: 'a text' })).toBe('');
    expect(await until(() => 0, { what: 'a number' })).toBe(0);
  });

  it('gives up in time, says what did not come true, and why', async () => {
    const failed = until(
      () => {
        throw new Error('not yet');
      },
      { withinMs: 30, what: 'the moon rises' },
    );
    await expect(failed).rejects.toMatchObject({
      message: 'not within 30 ms: the moon rises',
      cause: { message: 'not yet' },
    });
  });
});
