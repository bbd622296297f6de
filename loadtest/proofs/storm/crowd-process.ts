import { fork } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import type { Answer, Order, Report, Standing, Verdict } from './words.ts';

const path = new URL('crowd.ts', import.meta.url);

/**
 * A crowd in a process of its own, that obeys one order after the other.
 * @param elsewhere whether it stands for machines of its own: here it gets only what the cluster leaves of the cores
 */
export function startCrowd({ elsewhere }: { elsewhere: boolean }) {
  const child = fork(path, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ['--max-semi-space-size=64'] });
  if (elsewhere && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T extends Answer>(order: Order): Promise<T> => {
    const answer = last.then(async () => {
      child.send(order);
      const [said] = (await Promise.race([once(child, 'message'), died])) as [T];
      return said;
    });
    last = answer.catch(() => undefined);
    return answer;
  };
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`a crowd ended before its work did, with ${code}`);
  });
  died.catch(() => undefined);
  return {
    obey: (order: Exclude<Order, { order: 'judge' | 'report' | 'stand' }>) => ask<'done'>(order),
    report: () => ask<Report>({ order: 'report' }),
    stand: () => ask<Standing>({ order: 'stand' }),
    judge: (stored: Verdict['stored']) => ask<Verdict>({ order: 'judge', stored }),
    end: () => void (child.connected && child.disconnect()),
  };
}

export type Crowd = ReturnType<typeof startCrowd>;
