import type { ProcessKind } from '../state.ts';
import { Trouble } from '../trouble.ts';
import { type FaultName, faultNames, faults } from './faults.ts';

export type Skipped = { fault: FaultName; why: string };

/**
 * Which faults a cluster can rehearse: those that take a process of its own.
 * @param named absent: all that can be rehearsed, and the others are skipped
 * @throws Trouble when one was named that cannot be, before anything is hurt
 */
export function chooseFaults(
  named: readonly FaultName[] | undefined,
  own: ReadonlySet<ProcessKind>,
): { chosen: FaultName[]; skipped: Skipped[] } {
  const wanted = named ?? faultNames;
  const chosen = wanted.filter((name) => own.has(faults[name].hurts));
  const skipped = wanted
    .filter((name) => !chosen.includes(name))
    .map((fault) => ({
      fault,
      why: `no process of this cluster is ${faults[fault].hurts}: it runs elsewhere, or is down`,
    }));
  if (named === undefined || skipped.length === 0) return { chosen, skipped };
  throw new Trouble(
    `Nothing was rehearsed, because some of it cannot be:${skipped.map(({ fault, why }) => `\n  ${fault}: ${why}`).join('')}`,
    ['Without --only, these are skipped and all others rehearsed.'],
  );
}
