import { until } from '@parley/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { readLeases } from '../src/index.ts';
import { shardKeys } from '../src/keys.ts';
import { type Board, metric, shortDurations } from './stage/board.ts';
import { listen, pass, statuses, untilAll, untilSure, type Word } from './stage/ears.ts';
import { onOwnRedis } from './stage/scene.ts';

const { commandTimeoutMs, leaseMs, graceMs } = shortDurations;
const users = (count: number, name = 'u') => Array.from({ length: count }, (_, i) => `${name}${i}`);

// Youth in the proportions of production: everybody must be back before a new shard may judge.
const options = { shards: 4, youthMs: 1.5 * leaseMs };
const connectAll = (to: Board, userIds: readonly string[]) => {
  for (const userId of userIds) to.connect('main', userId, `c-${userId}`);
};

describe('presence', () => {
  it.concurrent(
    'starts at once without Redis, and registers by itself when Redis comes',
    onOwnRedis(options, async ({ redis, board }) => {
      await redis.kill();
      const startedAt = performance.now();
      const here = await board();
      connectAll(here, users(20));
      expect(performance.now() - startedAt).toBeLessThan(commandTimeoutMs);
      expect(new Set(await statuses(here, users(20)))).toEqual(new Set(['unknown']));
      await redis.startAgain();
      await untilAll(here, users(20), 'online');
      expect(await metric(here, 'parley_presence_redis_up')).toBe(1);
    }),
  );

  it.concurrent(
    'answers unknown within one command timeout while Redis is frozen, and then at once',
    onOwnRedis(options, async ({ redis, board }) => {
      const here = await board();
      connectAll(here, users(50));
      await untilAll(here, users(50), 'online');
      redis.freeze();
      const frozenAt = performance.now();
      await untilAll(here, users(50), 'unknown', 2 * commandTimeoutMs);
      const askedAt = performance.now();
      expect(await statuses(here, ['u1'])).toEqual(['unknown']);
      expect(performance.now() - askedAt).toBeLessThan(commandTimeoutMs / 2);
      const many = await Promise.all(Array.from({ length: 3_000 }, () => statuses(here, ['u1'])));
      expect(new Set(many.flat())).toEqual(new Set(['unknown']));
      expect(performance.now() - frozenAt).toBeLessThan(4 * commandTimeoutMs);
      connectAll(here, users(50, 'late'));
      for (const userId of users(10)) here.disconnect('main', userId, `c-${userId}`);
      await pass(2 * leaseMs);
      expect(await metric(here, 'parley_presence_redis_up')).toBe(0);
      redis.thaw();
      await untilAll(here, users(50, 'late'), 'online');
      await untilAll(here, users(10), 'offline');
      expect(await statuses(here, users(50).slice(10))).toEqual(Array(40).fill('online'));
    }),
  );

  it.concurrent(
    'calls none of 300 people on three nodes offline while Redis dies and comes back empty',
    onOwnRedis(options, async ({ redis, board }) => {
      const nodes = [await board(), await board(), await board()];
      const heard = nodes.map(listen);
      for (const [i, node] of nodes.entries()) connectAll(node, users(100, `n${i}-`));
      const everybody = [0, 1, 2].flatMap((i) => users(100, `n${i}-`));
      for (const node of nodes) await untilAll(node, everybody, 'online');

      const said = new Set<Word>();
      let rounds = 0;
      const over = new AbortController();
      const watching = (async () => {
        while (!over.signal.aborted) {
          for (const node of nodes) for (const word of await statuses(node, everybody)) said.add(word);
          rounds += 1;
          await pass(20);
        }
      })();
      try {
        await redis.kill();
        await pass(leaseMs / 2);
        await redis.startAgain();
        await until(() => said.has('unknown'), { what: 'somebody is unknown' });
        for (const node of nodes) await untilAll(node, everybody, 'online');
        await pass(leaseMs);
      } finally {
        over.abort();
        await watching;
      }
      expect([...said].sort()).toEqual(['online', 'unknown']);
      expect(rounds).toBeGreaterThan(10);
      for (const { heard: transitions } of heard)
        expect(transitions.filter((t) => t.presence.status !== 'online')).toEqual([]);
    }),
  );

  it.concurrent(
    'heals when all keys are flushed under it',
    onOwnRedis(options, async ({ redis, board }) => {
      const here = await board();
      const ears = listen(here);
      connectAll(here, users(100));
      await untilAll(here, users(100), 'online');
      const admin = new Redis(redis.url);
      await admin.flushall();
      admin.disconnect();
      await untilAll(here, users(100), 'unknown');
      await untilAll(here, users(100), 'online');
      expect(ears.heard.filter((t) => t.presence.status !== 'online')).toEqual([]);
    }),
  );

  it.concurrent(
    'registers everything again when Redis holds fewer of its connections than it should',
    onOwnRedis(options, async ({ redis, board }) => {
      const here = await board({ shards: 1 });
      connectAll(here, users(20));
      await untilAll(here, users(20), 'online');
      const admin = new Redis(redis.url);
      const keys = shardKeys('parley:presence', 0);
      const [held = ''] = await admin.keys(`${keys.held('node')}*`);
      await admin.zremrangebyrank(held, 0, 4);
      await admin.zremrangebyrank(keys.shared[3], 0, 4);
      admin.disconnect();
      await until(async () => (await metric(here, 'parley_presence_reregistrations_total')) > 0, {
        what: 'the node registers again',
      });
      await untilAll(here, users(20), 'online');
    }),
  );

  it.concurrent(
    'takes back the users of a node that was cut off for longer than its lease',
    onOwnRedis(options, async ({ board, wired }) => {
      let lost = 0;
      const { wire, board: cut } = await wired({ onLeaseLost: () => (lost += 1) });
      const other = await board();
      const ears = listen(other);
      await untilSure(other);
      connectAll(cut, users(30));
      await untilAll(other, users(30), 'online');
      wire.cut();
      await untilAll(other, users(30), 'stale');
      await untilAll(cut, users(30), 'unknown');
      expect(lost).toBe(0);
      const renewals = (outcome: string) => metric(cut, 'parley_presence_renewals_total', { outcome });
      expect([await renewals('lost'), await renewals('first')]).toEqual([0, options.shards]);
      cut.disconnect('main', 'u0', 'c-u0');
      wire.mend();
      await untilAll(other, users(30).slice(1), 'online');
      await untilAll(cut, ['u0'], 'offline');
      expect(ears.words('u1')).toEqual(['online', 'stale', 'online']);
      expect(lost).toBeGreaterThan(0);
      expect(await renewals('failed')).toBeGreaterThan(0);
      expect(await renewals('lost')).toBeGreaterThan(0);
    }),
  );

  it.concurrent(
    'survives a connection that is cut again and again under load',
    onOwnRedis(options, async ({ board, wired }) => {
      const { wire, board: here } = await wired();
      const other = await board();
      await untilSure(here);
      const wanted = users(200);
      for (const [i, userId] of wanted.entries()) {
        here.connect('main', userId, `c-${userId}`);
        if (i % 2 === 0) here.disconnect('main', userId, `c-${userId}`);
        if (i % 20 === 0) {
          wire.hangUp();
          await statuses(here, [userId]);
        }
      }
      await untilAll(
        other,
        wanted.filter((_, i) => i % 2 === 1),
        'online',
      );
      await untilAll(
        other,
        wanted.filter((_, i) => i % 2 === 0),
        'offline',
      );
    }),
  );

  it.concurrent(
    'closes within three command timeouts while Redis is frozen',
    onOwnRedis(options, async ({ redis, board }) => {
      const here = await board();
      connectAll(here, users(5));
      await untilAll(here, users(5), 'online');
      redis.freeze();
      const startedAt = performance.now();
      await here.close();
      expect(performance.now() - startedAt).toBeLessThan(3 * commandTimeoutMs);
      here.connect('main', 'late', 'c1');
      here.disconnect('main', 'u1', 'c-u1');
      expect(await statuses(here, ['u1'])).toEqual(['unknown']);
    }),
  );

  it.concurrent(
    'gives those who leave a draining node the long grace, and the lease of a closed one up at once',
    onOwnRedis({ ...options, lostGraceMs: 3 * graceMs }, async ({ redis, board }) => {
      const leaving = await board({ nodeId: 'leaving' });
      const here = await board();
      await untilSure(here);
      connectAll(leaving, ['ana']);
      connectAll(here, ['bob']);
      await untilAll(here, ['ana', 'bob'], 'online');
      leaving.drain();
      leaving.disconnect('main', 'ana', 'c-ana');
      here.disconnect('main', 'bob', 'c-bob');
      await untilAll(here, ['bob'], 'offline');
      expect(await statuses(here, ['ana'])).toEqual(['online']);
      await leaving.close();
      const admin = new Redis(redis.url);
      expect((await readLeases(admin)).map(({ nodeId }) => nodeId)).toEqual(['node']);
      admin.disconnect();
      await untilAll(here, ['ana'], 'offline');
    }),
  );
});
