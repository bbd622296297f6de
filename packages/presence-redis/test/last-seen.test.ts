import { createLogger, type Logger } from '@parley/node-kit';
import { until } from '@parley/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Mark } from '../src/index.ts';
import { type Board, startBoard } from './stage/board.ts';
import { pass, untilAll, untilSure } from './stage/ears.ts';
import { type OwnRedis, startOwnRedis } from './stage/redis.ts';

let redis: OwnRedis;
let open: { close(): Promise<void> }[];
beforeEach(async () => {
  redis = await startOwnRedis();
  open = [];
});
afterEach(async () => {
  for (const one of open) await one.close();
  await redis.stop();
});

describe('last seen', () => {
  const marks: Mark[] = [];
  const board = async (onSeen: (found: Mark[]) => Promise<void>, log?: Logger): Promise<Board> => {
    const started = await startBoard({ redisUrl: redis.url, shards: 2, onSeen, ...(log && { log }) });
    open.push(started);
    return started;
  };
  afterEach(() => {
    vi.restoreAllMocks();
    marks.length = 0;
  });

  it('is told once for each time somebody went, in the time of Redis, whatever the clocks of nodes say', async () => {
    const really = Date.now;
    vi.spyOn(Date, 'now').mockImplementation(() => really() + 40_000);
    const keep = async (found: Mark[]) => void marks.push(...found);
    const here = await board(keep);
    const there = await board(keep);
    await untilSure(here);
    here.connect('main', 'ana', 'c1');
    there.connect('main', 'bob', 'c1');
    await untilAll(here, ['ana', 'bob'], 'online');
    const from = really();
    here.disconnect('main', 'ana', 'c1');
    await untilAll(there, ['ana'], 'offline');
    redis.freeze();
    await untilAll(there, ['bob'], 'unknown');
    there.disconnect('main', 'bob', 'c1');
    await until(() => marks.length === 2, { what: 'both are told' });
    redis.thaw();
    expect(marks.map(({ userId }) => userId)).toEqual(['ana', 'bob']);
    for (const { at } of marks) {
      expect(at.getTime()).toBeGreaterThan(from - 1_000);
      expect(at.getTime()).toBeLessThan(really() + 1_000);
    }
  });

  it('is told again when it could not be stored, which the log says once', async () => {
    let failures = 2;
    const said: string[] = [];
    const write = (line: string) => void said.push((JSON.parse(line) as { msg: string }).msg);
    const log = createLogger({ nodeId: 'test', slot: 's1', logLevel: 'info' }, { write });
    const here = await board(async (found) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('the store is away');
      }
      marks.push(...found);
    }, log);
    await untilSure(here);
    here.connect('main', 'ana', 'c1');
    await untilAll(here, ['ana'], 'online');
    here.disconnect('main', 'ana', 'c1');
    await until(() => marks.length > 0, { what: 'it is stored in the end' });
    await pass(500);
    expect(marks.map(({ userId }) => userId)).toEqual(['ana']);
    expect(said.filter((line) => line.includes('last seen'))).toEqual([
      'when users were last seen could not be stored yet',
      'when users were last seen is stored again',
    ]);
  });
});
