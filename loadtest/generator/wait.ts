import { setTimeout as sleep } from 'node:timers/promises';

const tickMs = 10;

/** Calls `next` `count` times at a steady rate, late ones at once, until `stopped`. */
export async function steadily(
  count: number,
  perSecond: number,
  next: () => void,
  stopped: () => boolean,
): Promise<void> {
  const start = performance.now();
  for (let done = 0; done < count && !stopped(); await sleep(tickMs)) {
    const due = Math.min(count, ((performance.now() - start) / 1000) * perSecond);
    for (; done < due; done += 1) next();
  }
}

export async function until(done: () => boolean, withinMs: number): Promise<void> {
  const end = performance.now() + withinMs;
  while (!done() && performance.now() < end) await sleep(20);
}
