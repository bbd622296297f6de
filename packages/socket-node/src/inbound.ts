import { Failure, refusalOf } from '@parley/core';
import { limits } from '@parley/protocol';
import type { Hearing, Reply } from './hearing.ts';

/** Frames that one connection may send in a second: beyond, it is cut, because even a refusal costs an answer. */
const framesPerSecondMax = 2_000;

export type Inbound = {
  /** Takes one frame. Never throws. */
  take(name: string, args: readonly unknown[]): void;
  /** Lets the frames in that waited for the session to be ready, in their order. */
  open(): void;
};

/** The frames of one connection: counted, and kept in their order until the session is ready. */
export function createInbound(hear: Hearing, onFlood: () => void): Inbound {
  const waiting: (() => void)[] = [];
  let opened = false;
  let windowAt = performance.now();
  let frames = 0;

  const flooding = () => {
    const now = performance.now();
    if (now - windowAt >= 1000) {
      windowAt = now;
      frames = 0;
    }
    frames += 1;
    return frames > framesPerSecondMax;
  };

  return {
    take(name, args) {
      if (flooding()) return onFlood();
      const reply = replyOf(args);
      const payload = typeof args[0] === 'function' ? undefined : args[0];
      if (opened) return hear(name, payload, reply);
      if (waiting.length >= limits.inFlightCommandsMax) {
        return reply({ ok: false, error: refusalOf(new Failure('busy')) });
      }
      waiting.push(() => hear(name, payload, reply));
    },
    open() {
      opened = true;
      for (const hear of waiting.splice(0)) hear();
    },
  };
}

/** A client may leave the acknowledgement out; its command runs all the same. */
function replyOf(args: readonly unknown[]): Reply {
  const last = args.at(-1);
  return typeof last === 'function' ? (answer) => void last(answer) : () => {};
}
