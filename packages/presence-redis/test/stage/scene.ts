import type { PresenceOptions } from '../../src/index.ts';
import { type Board, startBoard } from './board.ts';
import { type OwnRedis, startOwnRedis } from './redis.ts';
import { startWire, type Wire } from './wire.ts';

export type Scene = {
  redis: OwnRedis;
  /** Another node. */
  board: (options?: Partial<PresenceOptions>) => Promise<Board>;
  /** Another node, whose wire to Redis can be cut. */
  wired: (options?: Partial<PresenceOptions>) => Promise<{ wire: Wire; board: Board }>;
};

/** A test with a Redis and nodes of its own, so that tests can hurt theirs side by side. */
export const onOwnRedis =
  (options: Partial<PresenceOptions>, keep: (scene: Scene) => Promise<void>) => async (): Promise<void> => {
    const redis = await startOwnRedis();
    const open: { close(): Promise<void> }[] = [];
    const board = async (more: Partial<PresenceOptions> = {}) => {
      const started = await startBoard({ redisUrl: redis.url, ...options, ...more });
      open.push(started);
      return started;
    };
    const wired = async (more: Partial<PresenceOptions> = {}) => {
      const wire = await startWire(redis.port);
      const started = await board({ ...more, redisUrl: wire.url });
      open.push(wire);
      return { wire, board: started };
    };
    try {
      await keep({ redis, board, wired });
    } finally {
      redis.thaw();
      for (const one of open) await one.close();
      await redis.stop();
    }
  };
