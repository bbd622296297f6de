import { setTimeout as after } from 'node:timers/promises';
import { type Child, describeExit } from '../processes/child.ts';
import { Trouble } from '../trouble.ts';

/**
 * Asks `ready` every 25 ms until it says yes.
 * @throws Trouble with the process's last words when it ends first or takes longer than `budgetMs`
 */
export async function untilReady(child: Child, budgetMs: number, ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + budgetMs;
  const gone = new AbortController();
  void child.exited.then(() => gone.abort());
  while (!gone.signal.aborted) {
    if (await ready()) return;
    if (Date.now() > deadline) {
      await child.end('SIGTERM', 2_000);
      throw new Trouble(`${child.name} was not ready after ${budgetMs / 1000} s. It said:\n${child.lastWords()}`);
    }
    await after(25, undefined, { signal: gone.signal }).catch(() => undefined);
  }
  throw new Trouble(`${child.name} ${describeExit(await child.exited)}. It said:\n${child.lastWords()}`);
}
