import type { Violation } from '../recording/index.ts';
import type { Fault } from './faults.ts';

/** What was seen while one fault was rehearsed. Times are milliseconds; `undefined` is: not within the wait. */
export type Evidence = {
  violations: readonly Violation[];
  sends: number;
  /** Codes of sends that the SDK gave up. */
  refused: readonly string[];
  /** From the end of the fault until each client had a send acknowledged that began after it. */
  sendsAgainMs: number | undefined;
  /** From the end of the load until every client had everything. */
  convergedMs: number | undefined;
  /** From the end of the fault until every node served and every server answered. */
  wholeMs: number | undefined;
  /** Users who were connected, or on their way back, and were said to be offline. */
  offline: readonly string[];
  /** The most sessions that began within a second. */
  arrivalsPerSecond: number;
};

export type Judged = { promise: string; kept: boolean; seen: string };

type Terms = Pick<Fault, 'wholeWithinMs' | 'paced'> & { perSecond: number };
type Promised = {
  /** As it is printed. */
  says: (terms: Terms) => string;
  kept: (evidence: Evidence, terms: Terms) => boolean;
  seen: (evidence: Evidence) => string;
  /** Whether it is one of this fault. */
  of?: (terms: Terms) => boolean;
};

/** I8 of PROTOCOL.md. */
export const convergeWithinMs = 10_000;

const seconds = (ms: number | undefined): string => (ms === undefined ? 'not seen' : `${(ms / 1000).toFixed(1)} s`);
const within = (ms: number | undefined, max: number): boolean => ms !== undefined && ms <= max;

/** What is promised whatever goes wrong, and judged after each fault. */
const promises: readonly Promised[] = [
  {
    says: () => 'nothing acknowledged is lost, doubled or out of order (I1–I7)',
    kept: ({ violations, sends }) => violations.length === 0 && sends > 0,
    seen: ({ violations, sends }) =>
      violations.length === 0
        ? `${sends} sends`
        : `${violations.length} violations, such as ${violations[0]?.invariant}: ${violations[0]?.message}`,
  },
  {
    says: () => `every client has everything within ${convergeWithinMs / 1000} s (I8)`,
    kept: ({ convergedMs }) => within(convergedMs, convergeWithinMs),
    seen: ({ convergedMs }) => seconds(convergedMs),
  },
  {
    says: () => 'no send of the SDK fails',
    kept: ({ refused }) => refused.length === 0,
    seen: ({ refused }) => (refused.length === 0 ? 'none' : `${refused.length}: ${[...new Set(refused)].join(', ')}`),
  },
  {
    says: ({ wholeWithinMs }) => `everybody's sends are acknowledged again within ${wholeWithinMs / 1000} s`,
    kept: ({ sendsAgainMs }, { wholeWithinMs }) => within(sendsAgainMs, wholeWithinMs),
    seen: ({ sendsAgainMs }) => seconds(sendsAgainMs),
  },
  {
    says: ({ wholeWithinMs }) => `every node and server serves again within ${wholeWithinMs / 1000} s`,
    kept: ({ wholeMs }, { wholeWithinMs }) => within(wholeMs, wholeWithinMs),
    seen: ({ wholeMs }) => seconds(wholeMs),
  },
  {
    says: () => 'nobody who comes back is said to be offline (I9)',
    kept: ({ offline }) => offline.length === 0,
    seen: ({ offline }) => (offline.length === 0 ? 'nobody' : offline.join(', ')),
  },
  {
    says: ({ perSecond }) => `at most ${perSecond} sessions begin in a second`,
    kept: ({ arrivalsPerSecond }, { perSecond }) => arrivalsPerSecond <= perSecond,
    seen: ({ arrivalsPerSecond }) => String(arrivalsPerSecond),
    of: ({ paced }) => paced,
  },
];

export function judge(evidence: Evidence, terms: Terms): Judged[] {
  return promises
    .filter(({ of = () => true }) => of(terms))
    .map(({ says, kept, seen }) => ({
      promise: says(terms),
      kept: kept(evidence, terms),
      seen: seen(evidence),
    }));
}
