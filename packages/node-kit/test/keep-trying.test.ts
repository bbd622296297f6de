import { keepTrying } from '@parley/node-kit';
import { describe, expect, it } from 'vitest';

describe('what a start needs', () => {
  it('is tried again until it is there; each other error is told once with its stack, and that it has ended', async () => {
    const { log, told } = listening();
    const outages = ['away', 'away', 'away', 'refused', 'refused'].map((words) => new Error(words));
    await keepTrying(log, 'the migration', failing(outages), undefined, { pauseMs: 1, toldEveryMs: 60_000 });
    expect(told).toEqual([
      [{ err: outages[0] }, 'the migration failed, trying again'],
      [{ err: outages[3] }, 'the migration failed, trying again'],
      [{ failures: 5 }, 'the migration succeeded after it had failed'],
    ]);
  });

  it('is told to be missing still whenever the time for it has come, without a stack', async () => {
    const { log, told } = listening();
    const outages = [1, 2].map(() => new Error('away'));
    await keepTrying(log, 'the migration', failing(outages), undefined, { pauseMs: 1, toldEveryMs: 0 });
    expect(told[1]).toEqual([{ failures: 2, reason: 'Error: away' }, 'the migration still fails, trying again']);
  });

  it('is given up when the process ends', async () => {
    const ending = new AbortController();
    const trying = keepTrying(
      { error: () => ending.abort(), info: () => undefined },
      'the migration',
      () => Promise.reject(new Error('away')),
      ending.signal,
    );
    await expect(trying).rejects.toMatchObject({ name: 'AbortError' });
  });
});

function listening() {
  const told: unknown[][] = [];
  const say = (...line: unknown[]) => void told.push(line);
  return { told, log: { error: say, info: say } };
}

const failing = (outages: readonly Error[]) => {
  const left = [...outages];
  return async () => {
    const error = left.shift();
    if (error) throw error;
  };
};
