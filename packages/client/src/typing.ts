import { limits } from '@parley/protocol/limits';
import type { Emitter } from './emitter.ts';
import type { ClientEvents } from './events.ts';
import type { Call } from './sync.ts';
import type { Timers } from './timers.ts';

export type Typing = {
  /** Who is typing there now. */
  in(conversationId: string): string[];
  push(conversationId: string, userId: string, typing: boolean): void;
  /** We type: call it with every key. Told when it begins, and again before it would end by itself. */
  begin(conversationId: string): void;
  end(conversationId: string): void;
};

/** The end of typing is a hint that may be lost: without another word it ends by itself, a little after the server's. */
const endsAfterMs = limits.typingTimeoutMs + 1_000;

const tellEveryMs = limits.typingTimeoutMs / 2;

export function createTyping(call: Call, timers: Timers, events: Emitter<ClientEvents>): Typing {
  const ours = new Map<string, () => void>();
  const typists = new Map<string, Map<string, () => void>>();

  function push(conversationId: string, userId: string, typing: boolean): void {
    const here = typists.get(conversationId) ?? new Map<string, () => void>();
    const cancel = here.get(userId);
    cancel?.();
    if (typing)
      here.set(
        userId,
        timers.after(endsAfterMs, () => push(conversationId, userId, false)),
      );
    else here.delete(userId);
    if (here.size > 0) typists.set(conversationId, here);
    else typists.delete(conversationId);
    if (typing !== (cancel !== undefined)) events.emit('typing', { conversationId, userId, typing });
  }

  // A hint: whoever misses it sees the next one, so that a failure is nobody's business.
  function tell(name: 'typing.start' | 'typing.stop', conversationId: string): void {
    call(name, { conversationId }).catch(() => {});
  }

  return {
    in: (conversationId) => [...(typists.get(conversationId)?.keys() ?? [])],
    push,
    begin(conversationId) {
      if (ours.has(conversationId)) return;
      ours.set(
        conversationId,
        timers.after(tellEveryMs, () => ours.delete(conversationId)),
      );
      tell('typing.start', conversationId);
    },
    end(conversationId) {
      ours.get(conversationId)?.();
      if (ours.delete(conversationId)) tell('typing.stop', conversationId);
    },
  };
}
