/**
 * Gathers calls that arrive while the last batch is in flight and runs them together, in order of arrival. No timer is
 * involved: a lone call leaves at the end of the event loop's turn that brought it.
 * @param runBatch answers in the order of the items; when it fails, all of its calls fail
 */
export function gather<T, R>(runBatch: (items: T[]) => Promise<R[]>, batchMax: number): (item: T) => Promise<R> {
  type Waiting = { item: T; resolve(answer: R): void; reject(error: unknown): void };
  const queue: Waiting[] = [];
  let running = false;

  async function run(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchMax);
      try {
        const answers = await runBatch(batch.map((call) => call.item));
        for (const [i, answer] of answers.entries()) batch[i]?.resolve(answer);
      } catch (error) {
        for (const call of batch) call.reject(error);
      }
    }
    running = false;
  }

  return (item) =>
    new Promise<R>((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (running) return;
      running = true;
      setImmediate(() => void run());
    });
}
