import { setTimeout as pause } from 'node:timers/promises';
import type { Written } from '@parley/core';
import type { Logger } from '@parley/node-kit';
import type { Frame } from './frame.ts';
import { limits } from './limits.ts';
import type { Listener } from './listeners.ts';
import type { FanoutMetrics, Net } from './metrics.ts';
import type { Said } from './repairs.ts';
import { inboxRoom } from './rooms.ts';

export type AloneParts = {
  emitTo: (listener: Listener, frame: Frame) => void;
  encode: (room: string, repair: Said) => Frame | undefined;
  metrics: FanoutMetrics;
  logger: Logger;
};

/** How one listener hears from the log what a room does not hear with them. */
export function createAlone({ emitTo, encode, metrics, logger }: AloneParts) {
  return {
    /** Nothing is told past a hole: it asks until there is an answer. `undefined`: nobody waits for it any more. */
    async patiently<T>(ask: () => Promise<T>, isWanted: () => boolean): Promise<T | undefined> {
      for (let retryMs: number = limits.logRetryMs; isWanted(); retryMs = Math.min(2 * retryMs, limits.logRetryMsMax)) {
        try {
          return await ask();
        } catch (err) {
          logger.warn({ err, retryMs }, 'the log cannot be read; who comes or leaves waits for what is theirs');
          await pause(retryMs, undefined, { ref: false });
        }
      }
      return undefined;
    },
    tell(listener: Listener, messages: readonly Written[], net: Net): void {
      const inbox = inboxRoom(listener.space, listener.userId);
      for (const { message: payload, authorId } of messages) {
        const frame = encode(inbox, { name: 'message.created', payload, authorId });
        if (frame) emitTo(listener, frame);
        metrics.repaired.inc({ net, kind: 'message.created' });
      }
    },
  };
}

export type Alone = ReturnType<typeof createAlone>;
