import { randomBytes } from 'node:crypto';
import { until } from '@parley/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Board, startBoard } from './stage/board.ts';
import { type OwnRedis, startOwnRedis } from './stage/redis.ts';

let redis: OwnRedis;
let here: Board;
let there: Board;
const keyPrefix = `typing:${randomBytes(4).toString('hex')}`;
const ana = { space: 'main', no: 1, memberId: 'ana' };
const others = [
  { ...ana, memberId: 'bob' },
  { ...ana, no: 2 },
  { ...ana, space: 'elsewhere' },
];

beforeEach(async () => {
  redis = await startOwnRedis();
  const start = () => startBoard({ redisUrl: redis.url, shards: 1, keyPrefix });
  [here, there] = [await start(), await start()];
});
afterEach(async () => {
  await here.close();
  await there.close();
  await redis.stop();
});

const typesBy = async (board: Board) => (await board.typing.read([ana]))[0];

/** A node may not have found Redis yet: it says nothing then, and is asked again as a client repeats itself. */
async function begins(board = here) {
  const noted = async () => {
    board.typing.note(ana);
    return typesBy(there);
  };
  await until(noted, { what: 'the other node knows', withinMs: 10_000 });
}

describe('who types', () => {
  it('is known on every node, of this member in this conversation of this space only, in the order asked for', async () => {
    await begins();
    expect(await there.typing.read([...others, ana])).toEqual([false, false, false, true]);
    expect(await there.typing.read([])).toEqual([]);
  });

  it('ends when they stop, at the node that noted it, and is left alone by any other', async () => {
    await begins();
    there.typing.end(ana);
    expect([await typesBy(there), await typesBy(here)]).toEqual([true, true]);
    here.typing.end(ana);
    await until(async () => !(await typesBy(there)), { what: 'it ended' });
  });

  it('ends by itself', async () => {
    const brief = await startBoard({ redisUrl: redis.url, shards: 1, keyPrefix, typingTimeoutMs: 300 });
    await begins(brief);
    await until(async () => !(await typesBy(there)), { what: 'it ended', withinMs: 5_000 });
    await brief.close();
  });

  it('is unknown and not waited for while Redis is away, and nobody types then', async () => {
    await begins();
    redis.freeze();
    expect(await typesBy(there)).toBe(false);
    redis.thaw();
    await redis.kill();
    here.typing.note(ana);
    here.typing.end(ana);
    expect(await typesBy(there)).toBe(false);
  });
});
