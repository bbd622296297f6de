import type { TypingBoard, Typist } from '@parley/core';
import { inBackground, type Logger, type RedisClient } from '@parley/node-kit';
import { typingKey } from './keys.ts';

type Options = { commands: () => RedisClient | undefined; keyPrefix: string; timeoutMs: number; log: Logger };

/** Who types, one key for each, which Redis ends. Without Redis nobody types, and nothing waits for it. */
export function createTyping({ commands, keyPrefix, timeoutMs, log }: Options): TypingBoard {
  /** What this node noted, and until when by its own clock, oldest first. */
  const noted = new Map<string, number>();
  const reachable = () => {
    const client = commands();
    return client?.status === 'ready' ? client : undefined;
  };
  const keyOf = (typist: Typist) => typingKey(keyPrefix, typist);

  function forgetEnded(now: number): void {
    for (const [key, until] of noted) {
      if (until > now) return;
      noted.delete(key);
    }
  }

  return {
    note(typist) {
      const [key, now] = [keyOf(typist), performance.now()];
      forgetEnded(now);
      const client = reachable();
      if (!client) return;
      noted.delete(key);
      noted.set(key, now + timeoutMs);
      inBackground(log, 'note who types', client.set(key, 1, 'PX', timeoutMs));
    },
    end(typist) {
      if (noted.size === 0 || !noted.delete(keyOf(typist))) return;
      const client = reachable();
      if (client) inBackground(log, 'note who types no longer', client.del(keyOf(typist)));
    },
    async read(typists) {
      const client = reachable();
      if (!client) return typists.map(() => false);
      const found = await Promise.allSettled(typists.map((typist) => client.exists(keyOf(typist))));
      return found.map((answer) => answer.status === 'fulfilled' && answer.value === 1);
    },
  };
}
