import { coalesce } from '@parley/node-kit';
import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';

function recorder() {
  const batches: number[][] = [];
  return { batches, flush: async (items: number[]) => void batches.push(items) };
}

describe('items that may wait', () => {
  it('leave together after the pause', async () => {
    const { batches, flush } = recorder();
    const items = coalesce(flush, { everyMs: 20, max: 10 });
    for (const item of [1, 2, 3]) items.add(item);
    expect(batches).toEqual([]);
    await until(() => batches.length > 0, { what: 'a batch left' });
    expect(batches).toEqual([[1, 2, 3]]);
  });

  it('leave at once when a batch is full, in order, and in batches of no more than that', async () => {
    const { batches, flush } = recorder();
    const items = coalesce(flush, { everyMs: 60_000, max: 2 });
    for (const item of [1, 2, 3]) items.add(item);
    await items.flush();
    expect(batches).toEqual([[1, 2], [3]]);
    await items.close();
  });

  it('leave before it is closed, and none is taken afterwards', async () => {
    const { batches, flush } = recorder();
    const items = coalesce(flush, { everyMs: 60_000, max: 10 });
    items.add(1);
    await items.close();
    expect(batches).toEqual([[1]]);
    expect(items.add(2)).toBe(false);
  });

  it('are not taken without bound while a batch hangs', async () => {
    const hanging = Promise.withResolvers<void>();
    const batches: number[][] = [];
    const items = coalesce<number>(
      async (batch) => {
        batches.push(batch);
        await hanging.promise;
      },
      { everyMs: 60_000, max: 2 },
    );
    const taken = Array.from({ length: 100 }, (_, item) => items.add(item)).filter(Boolean).length;
    expect(taken).toBe(18);
    hanging.resolve();
    await items.close();
    expect(batches.flat()).toHaveLength(18);
  });

  it('that could not be flushed are told of, and the next ones leave all the same', async () => {
    const errors: unknown[] = [];
    const batches: number[][] = [];
    const items = coalesce<number>(
      async (batch) => {
        if (batch.includes(1)) throw new Error('away');
        batches.push(batch);
      },
      { everyMs: 60_000, max: 1, onError: (error) => errors.push(error) },
    );
    items.add(1);
    items.add(2);
    await items.close();
    expect(errors).toMatchObject([{ message: 'away' }]);
    expect(batches).toEqual([[2]]);
  });
});
