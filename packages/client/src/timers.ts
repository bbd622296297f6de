/** Every wait of a client goes through its own timers, so that `close()` can prove that none is left. */
export type Timers = {
  /** Runs once after a while. @returns how to call it off */
  after(ms: number, run: () => void): () => void;
  /** Calls everything off, now and for good. */
  clear(): void;
  readonly size: number;
};

/** Longer waits overflow the 32 bits of a timer and would fire at once. */
const waitMsMax = 2 ** 31 - 1;

export function createTimers(): Timers {
  const running = new Set<ReturnType<typeof setTimeout>>();
  let closed = false;

  return {
    after(ms, run) {
      if (closed) return () => {};
      const timer = setTimeout(
        () => {
          running.delete(timer);
          run();
        },
        Math.min(Math.max(0, ms), waitMsMax),
      );
      running.add(timer);
      return () => {
        running.delete(timer);
        clearTimeout(timer);
      };
    },
    clear() {
      closed = true;
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
    get size() {
      return running.size;
    },
  };
}
