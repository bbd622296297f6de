import type { Telling } from '@parley/core';
import { native } from '@parley/dialects';
import { connectRedis } from '@parley/node-kit';
import { nothingMore } from '@parley/protocol';
import { framesOf } from '../../src/frame.ts';
import { writeFrames } from '../../src/wire.ts';
import type { OnEnd } from './cluster.ts';

/**
 * A node that publishes by hand: in whatever order a test wants, or not at all. Other nodes cannot tell it from a real
 * one.
 */
export function createRogue(redisUrl: string, prefix: string, onEnd: OnEnd) {
  const redis = connectRedis(redisUrl, 'commands', { enableOfflineQueue: true });
  onEnd(async () => redis.disconnect());
  return {
    async publish(...tellings: Telling[]): Promise<void> {
      for (const telling of tellings) {
        for (const { room, frame } of framesOf(telling, [native], nothingMore)) {
          await redis.spublish(`${prefix}parley#/#${room}#`, writeFrames('rogue', Date.now(), [frame]));
        }
      }
    },
  };
}
