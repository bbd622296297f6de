import type { PresenceBoard } from '@parley/core';
import { until } from '@parley/testkit';
import { onlineConformance } from '@parley/testkit/conformance/online';
import { presenceConformance, type PresenceStage } from '@parley/testkit/conformance/presence';
import { type Board, longerDurations, startBoard } from './stage/board.ts';
import { startOwnRedis } from './stage/redis.ts';
import { startWire, type Wire } from './stage/wire.ts';

async function open(): Promise<PresenceStage> {
  const redis = await startOwnRedis();
  const nodes = new Map<PresenceBoard, { board: Board; wire: Wire }>();
  return {
    durations: longerDurations,
    lateMs: 700,
    async node() {
      const wire = await startWire(redis.port);
      const board = await startBoard({ redisUrl: wire.url, ...longerDurations });
      nodes.set(board, { board, wire });
      return board;
    },
    kill: (board) => nodes.get(board)?.wire.cut(),
    async leave() {
      redis.freeze();
    },
    async comeBack({ emptied }) {
      if (!emptied) return redis.thaw();
      await redis.kill();
      redis.thaw();
      await redis.startAgain();
    },
    async until(check, wait) {
      await until(check, wait);
    },
    async pass(ms) {
      const end = performance.now() + ms;
      await until(() => performance.now() >= end, { withinMs: ms + 1_000, what: 'time passes' });
    },
    async close() {
      for (const { board, wire } of nodes.values()) {
        await board.close();
        await wire.close();
      }
      await redis.stop();
    },
  };
}

presenceConformance('in Redis', open);
onlineConformance('in Redis', open);
