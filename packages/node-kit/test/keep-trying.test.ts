import { keepTrying } from '@parley/node-kit';
import { describe, expect, it } from 'vitest';

describe('what a start needs', () => {
  it('is tried again until it is there, and each failure is told', async () => {
    const told: unknown[] = [];
    let attempts = 0;
    await keepTrying({ error: (line: unknown) => told.push(line) }, 'the migration', async () => {
      attempts += 1;
      if (attempts < 2) throw new Error('away');
    });
    expect(attempts).toBe(2);
    expect(told).toMatchObject([{ err: { message: 'away' } }]);
  });

  it('is given up when the process ends', async () => {
    const ending = new AbortController();
    const trying = keepTrying(
      { error: () => ending.abort() },
      'the migration',
      () => Promise.reject(new Error('away')),
      ending.signal,
    );
    await expect(trying).rejects.toMatchObject({ name: 'AbortError' });
  });
});
