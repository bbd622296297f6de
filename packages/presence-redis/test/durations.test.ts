import { until } from '@parley/testkit';
import { describe, expect, it } from 'vitest';
import { durationsFrom } from '../src/durations.ts';
import { listen, untilAll, untilSure, type Word } from './stage/ears.ts';
import { onOwnRedis } from './stage/scene.ts';

describe('presence, with the durations of production', () => {
  it(
    'calls users of a dead node stale within 10 s and offline within 25 s, and others offline within 6 s of a clean close',
    // Only the wait before a new shard may judge is cut short.
    onOwnRedis({ ...durationsFrom({}), youthMs: 500 }, async ({ board, wired }) => {
      const { wire, board: dying } = await wired();
      const here = await board();
      const ears = listen(here);
      await untilSure(here);
      dying.connect('main', 'ana', 'c1');
      here.connect('main', 'bob', 'c1');
      await untilAll(here, ['ana', 'bob'], 'online');

      wire.cut();
      const diedAt = performance.now();
      here.disconnect('main', 'bob', 'c1');
      const after = new Map<string, number>();
      const note = async (userId: string, word: Word, withinMs: number) => {
        await untilAll(here, [userId], word, withinMs);
        after.set(`${userId} ${word}`, performance.now() - diedAt);
      };
      await Promise.all([note('bob', 'offline', 6_000), note('ana', 'stale', 10_000)]);
      await note('ana', 'offline', 25_000 - (performance.now() - diedAt));
      expect(after.get('bob offline')).toBeGreaterThan(4_900);
      expect(after.get('ana stale')).toBeGreaterThan(5_900);
      expect(after.get('ana offline')).toBeGreaterThan(20_900);
      await until(() => ears.words('ana').length === 3, { what: 'all is heard' });
      expect(ears.words('ana')).toEqual(['online', 'stale', 'offline']);
    }),
  );
});
