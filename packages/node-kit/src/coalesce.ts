type Options = {
  /** How long the first item of a batch waits at most. */
  everyMs: number;
  /** Items that start a flush at once. */
  max: number;
  /** A batch that failed; its items are gone. By default a process warning, since nothing may be ignored. */
  onError?: (error: unknown) => void;
};

export type Coalescer<T> = {
  /** Never waits. `false`: so many batches wait for one that hangs that this item was not taken. */
  add(item: T): boolean;
  /** Flushes what waits, and answers once everything that was taken has been flushed. */
  flush(): Promise<void>;
  /** `flush`, and takes no more. */
  close(): Promise<void>;
};

/** How many full batches may wait behind the one in flight. */
const batchesWaitingMax = 8;

/**
 * Gathers items that may wait a little and hands them over in batches, one batch at a time, in order.
 * For what a crash may lose (delivered receipts, last seen); never for what was acknowledged.
 */
export function coalesce<T>(flushBatch: (items: T[]) => Promise<void>, options: Options): Coalescer<T> {
  const { everyMs, max, onError = (error) => process.emitWarning(String(error)) } = options;
  let waiting: T[] = [];
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  const run = async () => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, max);
      waiting = waiting.slice(max);
      await flushBatch(batch).catch(onError);
    }
    running = undefined;
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    // What is added while a batch is in flight leaves with the same run: its loop looks again.
    if (!running && waiting.length > 0) running = run();
    return running ?? Promise.resolve();
  };
  return {
    add(item) {
      if (closed || waiting.length >= max * batchesWaitingMax) return false;
      waiting.push(item);
      if (waiting.length >= max) void flush();
      else timer ??= setTimeout(() => void flush(), everyMs);
      return true;
    },
    flush,
    close() {
      closed = true;
      return flush();
    },
  };
}
