import type { Progress } from '../progress.ts';
import { type Fault, faults, type FaultName } from './faults.ts';
import type { Hands } from './hands.ts';
import { type Judged, judge } from './promises.ts';
import { rehearse, type Stage } from './rehearse.ts';

export type Rehearsed = { fault: string; what: string; tookMs: number; promises: Judged[] };
export type Verdict = { passed: boolean; faults: Rehearsed[] };

type Options = { stage: Stage; hands: Hands; perSecond: number; say: Progress };

/** Rehearses faults one after the other, each with clients of its own, and judges every promise after each. */
export async function drill(names: readonly FaultName[], options: Options): Promise<Verdict> {
  const rehearsed: Rehearsed[] = [];
  for (const name of names) rehearsed.push(await one(name, faults[name], options));
  return { passed: rehearsed.every(({ promises }) => promises.every(({ kept }) => kept)), faults: rehearsed };
}

/** @param fault one of the table, or any other that shall be judged like them */
export async function one(name: string, fault: Fault, { stage, hands, perSecond, say }: Options): Promise<Rehearsed> {
  say(`${name}: ${fault.what}`);
  const startedAt = performance.now();
  const evidence = await rehearse(stage, () => fault.inflict(hands));
  const promises = judge(evidence, { ...fault, perSecond });
  return { fault: name, what: fault.what, tookMs: Math.round(performance.now() - startedAt), promises };
}
