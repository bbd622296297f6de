import { afterAll } from 'vitest';
import { until } from '../until.ts';

// The process of a test file has some of its own (the pipe to vitest); a test may leave no more than it found.
const before = countOpen();

// Registered first, and so run last: after the file has closed what it opened.
afterAll(async () => {
  await until(() => leaked().length === 0, { withinMs: 3_000, what: 'the test file closes what it opened' }).catch(
    () => {
      throw new Error(`the test file left open: ${leaked().join(', ')}`);
    },
  );
});

/** Kinds of things that keep a process alive. Timers are left out: vitest arms its own. */
const kinds = ['TCPSocketWrap', 'TCPServerWrap', 'ProcessWrap'];

function countOpen(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function leaked(): string[] {
  const now = countOpen();
  return kinds.flatMap((kind) => {
    const more = (now.get(kind) ?? 0) - (before.get(kind) ?? 0);
    return more > 0 ? [`${more} × ${kind}`] : [];
  });
}
