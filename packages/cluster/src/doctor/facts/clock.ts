import type { Clock } from './facts.ts';

export type Now = () => number;

/** What another clock says, against the middle of the time that the question took. */
export async function compareClock(name: string, now: Now, ask: () => Promise<number>, grainMs = 0): Promise<Clock> {
  const asked = now();
  const there = await ask();
  const answered = now();
  return { name, aheadMs: there + grainMs / 2 - (asked + answered) / 2, withinMs: (answered - asked + grainMs) / 2 };
}
