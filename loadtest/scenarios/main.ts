/**
 * What k6 runs, for every scenario: it reads the plan and the clients that `pnpm loadtest` wrote (`PARLEY_PLAN`,
 * `PARLEY_SEATS`), gives each VU its share, and judges by the thresholds of the plan. What came out goes to the file
 * `PARLEY_SUMMARY`; a pod of a fleet, where nobody names one, leaves nothing behind but its log.
 */
import { SharedArray } from 'k6/data';
import exec from 'k6/execution';
import { Counter, Rate, Trend } from 'k6/metrics';
import { openInK6 } from '../lib/open-k6.ts';
import { measuredOf, type Summary, verdictOf } from '../lib/summary.ts';
import { play } from './crowd.ts';
import { type MetricName, metrics } from './metrics.ts';
import { awaySecondsMax, type Plan, type Seat, secondsOf, settleSeconds, shareOf } from './plan.ts';

const { PARLEY_PLAN = '', PARLEY_SEATS = '', PARLEY_SUMMARY } = __ENV;
const plan = JSON.parse(open(PARLEY_PLAN)) as Plan;
const seats = new SharedArray<Seat>('seats', () => JSON.parse(open(PARLEY_SEATS)) as Seat[]);

const sinks = new Map<string, Counter | Rate | Trend>();
for (const [name, [kind]] of Object.entries(metrics)) {
  const sink = { count: () => new Counter(name), rate: () => new Rate(name), duration: () => new Trend(name, true) };
  sinks.set(name, sink[kind]());
}
/** Those that are shown for each step, too. */
const byStep: readonly MetricName[] = ['parley_sent', 'parley_acked', 'parley_ack_ms', 'parley_delivery_ms'];
const always = { count: 'count>=0', rate: 'rate>=0', duration: 'max>=0' } as const;

export const options = {
  scenarios: {
    [plan.scenario.replaceAll('-', '_')]: {
      executor: 'per-vu-iterations',
      vus: plan.size.vus,
      iterations: 1,
      maxDuration: `${Math.ceil(secondsOf(plan.size) + awaySecondsMax(plan)) + 3 * settleSeconds + 30}s`,
    },
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max', 'count'],
  // Without a threshold, k6 would not tell a step from the others.
  thresholds: { ...plan.thresholds, ...(plan.size.steps.length > 1 && Object.fromEntries(stepwise())) },
};

function* stepwise(): Generator<[string, string[]]> {
  for (const [step] of plan.size.steps.entries()) {
    for (const name of byStep) yield [`${name}{step:${step}}`, [always[metrics[name][0]]]];
  }
}

export default function loadtest(): void {
  let tags: { step: string } | undefined;
  const { size } = plan;
  play({
    plan,
    seats: shareOf(seats, size, exec.vu.idInTest - 1),
    open: openInK6(),
    measure: (name, value) => sinks.get(name)?.add(value, byStep.includes(name) ? tags : undefined),
    stepped: (step) => (tags = { step: String(step) }),
  });
}

export function handleSummary(data: Summary): Record<string, string> {
  if (PARLEY_SUMMARY !== undefined) return { [PARLEY_SUMMARY]: JSON.stringify({ plan, ...data }, undefined, 2) };
  const ours = Object.keys(data.metrics).filter((name) => name.startsWith('parley_'));
  return { stdout: `${measuredOf(ours.toSorted(), data)}${verdictOf(plan.scenario, data)}` };
}
