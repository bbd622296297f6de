import { until } from '@parley/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { type Board, metric } from './stage/board.ts';
import { listen, pass, untilAll, untilSure } from './stage/ears.ts';
import { onOwnRedis } from './stage/scene.ts';

const options = { shards: 3 };

describe('announcements', () => {
  it.concurrent(
    'reach each of five nodes exactly once, whatever nodes and devices are involved',
    onOwnRedis(options, async ({ board, wired }) => {
      const dying = await wired();
      const nodes = [await board(), await board(), await board(), await board(), await board()];
      const ears = nodes.map(listen);
      for (const node of nodes) await untilSure(node);
      await until(() => ears.every(({ resyncs }) => resyncs > 0), { what: 'all listen' });
      await pass(300);

      const userIds = Array.from({ length: 40 }, (_, i) => `u${i}`);
      const at = (i: number): Board => nodes[i % nodes.length] as Board;
      for (const [i, userId] of userIds.entries()) {
        for (let device = 0; device < 3; device += 1) at(i + device).connect('main', userId, `d${device}`);
        if (i % 4 === 0) dying.board.connect('main', userId, 'dying');
      }
      dying.board.connect('main', 'alone', 'dying');
      await untilAll(at(0), [...userIds, 'alone'], 'online');
      // Its own answer comes after those of its registrations, without which it could not count them.
      await untilAll(dying.board, [...userIds, 'alone'], 'online');
      dying.wire.cut();
      for (const [i, userId] of userIds.entries()) {
        for (let device = 0; device < 3; device += 1) at(i + device).disconnect('main', userId, `d${device}`);
      }
      await untilAll(at(1), [...userIds, 'alone'], 'offline');
      await pass(300);

      const [first] = ears;
      for (const { words } of ears) {
        expect(words('alone')).toEqual(['online', 'stale', 'offline']);
        for (const [i, userId] of userIds.entries()) {
          // Whoever had only the lost node's connection left was stale on the way, unless the graces ended together.
          const ways =
            i % 4 === 0
              ? [
                  ['online', 'stale', 'offline'],
                  ['online', 'offline'],
                ]
              : [['online', 'offline']];
          expect(ways).toContainEqual(words(userId));
          expect(words(userId)).toEqual(first?.words(userId));
        }
      }
      const counted = await Promise.all(
        [...nodes, dying.board].map((n) => metric(n, 'parley_presence_transitions_total')),
      );
      expect(counted.reduce((sum, one) => sum + one, 0)).toBe(first?.heard.length);
      const ghosts = await Promise.all(nodes.map((node) => metric(node, 'parley_presence_ghosts_swept_total')));
      expect(ghosts.reduce((sum, one) => sum + one, 0)).toBe(11);
    }),
  );

  it.concurrent(
    'that a killed subscription missed make watchers read again',
    onOwnRedis(options, async ({ redis, board }) => {
      const here = await board();
      const there = await board();
      const ears = listen(here);
      await untilSure(here);
      await untilSure(there);
      await until(() => ears.resyncs > 0, { what: 'the node listens' });
      const admin = new Redis(redis.url);
      for (const round of [1, 2, 3]) {
        const before = ears.resyncs;
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        there.connect('main', `u${round}`, 'c1');
        await until(() => ears.resyncs > before, { what: 'watchers read again' });
        await untilAll(here, [`u${round}`], 'online');
      }
      admin.disconnect();
    }),
  );

  it.concurrent(
    'are missed by nobody for long: a node that hears less than was told listens anew and has watchers read again',
    onOwnRedis(options, async ({ board, wired }) => {
      const { wire, board: deaf } = await wired();
      const there = await board();
      const ears = listen(deaf);
      await untilSure(deaf);
      await untilSure(there);
      await until(() => ears.resyncs > 0, { what: 'the node listens' });
      there.connect('main', 'ana', 'c1');
      await until(() => ears.words('ana').length === 1, { what: 'the node hears' });
      // Until nothing of the beginning has watchers read again.
      await pass(600);
      wire.deafen();
      there.connect('main', 'bob', 'c1');
      await untilAll(there, ['bob'], 'online');
      await pass(100);
      wire.mend();
      const before = ears.resyncs;
      await until(() => ears.resyncs > before, { what: 'watchers read again' });
      there.connect('main', 'cy', 'c1');
      await until(() => ears.words('cy').length === 1, { what: 'the node hears again' });
    }),
  );

  it.concurrent(
    'that nobody understands end no process, and make watchers read again',
    onOwnRedis(options, async ({ redis, board }) => {
      const here = await board();
      const ears = listen(here);
      await untilSure(here);
      await until(() => ears.resyncs > 0, { what: 'the node listens' });
      const admin = new Redis(redis.url);
      const [channel = ''] = (await admin.pubsub('SHARDCHANNELS')) as string[];
      for (const text of ['', 'no JSON', '{}', '[1]', '[1,[null]]']) {
        const before = ears.resyncs;
        await admin.spublish(channel, text);
        await until(() => ears.resyncs > before, { what: 'watchers read again' });
      }
      admin.disconnect();
      here.connect('main', 'ana', 'c1');
      await until(() => ears.words('ana').length === 1, { what: 'the node hears' });
    }),
  );

  it.concurrent(
    'are subscribed to only by nodes with a listener',
    onOwnRedis(options, async ({ redis, board }) => {
      const here = await board();
      await untilSure(here);
      const admin = new Redis(redis.url);
      expect(await admin.pubsub('SHARDCHANNELS')).toEqual([]);
      listen(here);
      await until(async () => ((await admin.pubsub('SHARDCHANNELS')) as string[]).length === 3, {
        what: 'it subscribes',
      });
      admin.disconnect();
    }),
  );
});
