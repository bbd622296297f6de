import { readFileSync } from 'node:fs';
import { Trouble } from '@parley/cluster';
import type { Summary } from '../lib/summary.ts';
import type { Plan } from '../scenarios/plan.ts';
import type { Profile } from '../scenarios/table.ts';
import { type Cost, costOf, type Drift, driftsOf, kneeOf, type StepFound, stepsOf } from './findings.ts';
import type { Sample } from './servers.ts';

/** What `summary.json` holds: enough to judge a later run by. */
export type Outcome = Summary & {
  scenario: string;
  profile: Profile;
  at: string;
  plan: Plan;
  steps: StepFound[];
  knee: string;
  drifts: Drift[];
  cost: Cost | undefined;
};

export function outcomeOf(profile: Profile, plan: Plan, summary: Summary, samples: readonly Sample[]): Outcome {
  const steps = stepsOf(plan, summary);
  return {
    scenario: plan.scenario,
    profile,
    at: new Date().toISOString(),
    plan,
    metrics: summary.metrics,
    steps,
    knee: kneeOf(steps),
    drifts: driftsOf(plan, summary, samples),
    cost: costOf(samples),
  };
}

/**
 * The earlier run that one of `now` is to be compared with.
 * @throws Trouble for a file that is no summary, or one of another scenario or profile
 */
export function readOutcome(path: string, now: Kind): Outcome {
  const before = readSummary(path);
  if (kindOf(before) === kindOf(now)) return before;
  throw new Trouble(`A run of ${kindOf(now)} cannot be compared with one of ${kindOf(before)}.`);
}

type Kind = Pick<Outcome, 'scenario' | 'profile'>;
const kindOf = ({ scenario, profile }: Kind): string => `${scenario}, profile ${profile}`;

function readSummary(path: string): Outcome {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Partial<Outcome>;
    if (found.metrics && found.scenario !== undefined) return found as Outcome;
  } catch (cause) {
    throw new Trouble(
      `${path} cannot be read: ${String(cause)}`,
      ['--against <a summary.json of an earlier run>'],
      cause,
    );
  }
  throw new Trouble(`${path} is no summary of a load test.`, ['--against <a summary.json of an earlier run>']);
}

/** One number of two runs. */
export type Compared = { what: string; before: number; now: number };

/** What is worth comparing of a metric of k6, by its type. */
const keys: Readonly<Record<string, readonly string[]>> = {
  counter: ['count'],
  rate: ['rate'],
  trend: ['med', 'p(95)', 'p(99)', 'max'],
};

/** The numbers of ours that both runs have. */
export function compare(before: Outcome, now: Outcome): Compared[] {
  const rows = Object.entries(now.metrics).flatMap(([metric, { type, values }]) => {
    if (!metric.startsWith('parley_')) return [];
    const earlier = before.metrics[metric]?.values;
    return (keys[type] ?? []).flatMap((key) => {
      const [was, is] = [earlier?.[key], values[key]];
      return was === undefined || is === undefined ? [] : [{ what: `${metric} ${key}`, before: was, now: is }];
    });
  });
  if (!before.cost || !now.cost) return rows;
  return [
    ...rows,
    { what: 'server CPU, µs/message', before: before.cost.cpuUsPerMessage, now: now.cost.cpuUsPerMessage },
  ];
}

export function comparisonOf(rows: readonly Compared[], at: string): string {
  const width = Math.max(...rows.map(({ what }) => what.length));
  const lines = rows.map(({ what, before, now }) => {
    const change = before === 0 ? '' : `${now >= before ? '+' : ''}${(((now - before) / before) * 100).toFixed(0)} %`;
    return `${what.padEnd(width)}  ${number(before)} → ${number(now)}  ${change}`.trimEnd();
  });
  return [`against the run of ${at}:`, ...lines].join('\n');
}

export const number = (value: number): string =>
  Number.isInteger(value) ? String(value) : value >= 100 ? value.toFixed(0) : value.toFixed(2);
