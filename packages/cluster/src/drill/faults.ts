import type { ProcessKind } from '../state.ts';
import type { Hands } from './hands.ts';

/** One thing that goes wrong and is over when it resolves, as far as the drill ends it. */
export type Fault = {
  /** What an SRE would have seen. */
  what: string;
  /** Pages of infra/runbook/ that are rehearsed by it. */
  runbook: readonly string[];
  /** Whose process it takes: a cluster whose part of that kind runs elsewhere cannot rehearse it. */
  hurts: ProcessKind;
  inflict: (hands: Hands) => Promise<void>;
  /** From its end: until what was hurt serves again by its own words and HAProxy's, and until everybody's sends are acknowledged. */
  wholeWithinMs: number;
  /** Whether clients move at a budget: then nobody may have to try a send twice for it, and never too many at once. */
  paced: boolean;
};

const holdMs = 5_000;
/** A supervisor starts it again, which takes a node about two seconds. */
const restartedWithinMs = 30_000;
const thawedWithinMs = 15_000;

/** What an SRE rehearses, by the name that `--only` takes. */
export const faults = {
  'kill-node': {
    what: 'a socket node is killed (SIGKILL)',
    runbook: ['NodeDown', 'ReconnectStorm'],
    hurts: 'socket',
    inflict: (hands) => hands.kill('socket'),
    wholeWithinMs: restartedWithinMs,
    paced: false,
  },
  'freeze-node': {
    what: `a socket node stands still for ${holdMs / 1000} s (SIGSTOP)`,
    runbook: ['NodeDown'],
    hurts: 'socket',
    inflict: (hands) => hands.freeze('socket', holdMs),
    wholeWithinMs: thawedWithinMs,
    paced: false,
  },
  'press-node': {
    what: `a socket node is asked for more than it can do for ${holdMs / 1000} s`,
    runbook: ['EventLoopBusy'],
    hurts: 'socket',
    inflict: (hands) => hands.press('socket', holdMs),
    wholeWithinMs: thawedWithinMs,
    paced: false,
  },
  'kill-haproxy': {
    what: 'HAProxy is killed, and everybody loses their connection at once',
    runbook: ['HaproxyDown', 'ReconnectStorm'],
    hurts: 'haproxy',
    inflict: (hands) => hands.kill('haproxy'),
    wholeWithinMs: restartedWithinMs,
    paced: false,
  },
  'kill-redis': {
    what: 'Redis is killed, and comes back empty',
    runbook: ['RedisAway', 'PresenceUnknown'],
    hurts: 'redis',
    inflict: (hands) => hands.kill('redis'),
    wholeWithinMs: restartedWithinMs,
    paced: false,
  },
  'pause-postgres': {
    what: `PostgreSQL stands still for ${holdMs / 1000} s`,
    runbook: ['DatabaseFails', 'SendsQueue', 'PoolExhausted'],
    hurts: 'postgres',
    inflict: (hands) => hands.freeze('postgres', holdMs),
    wholeWithinMs: thawedWithinMs,
    paced: false,
  },
  'lose-postgres': {
    what: 'PostgreSQL stands still until every node calls itself broken',
    runbook: ['NodeBroken', 'NoNodeServes', 'DatabaseFails'],
    hurts: 'postgres',
    inflict: (hands) => hands.freezeUntilBroken('postgres'),
    wholeWithinMs: thawedWithinMs,
    paced: false,
  },
  drain: {
    what: 'a socket node drains and ends, and another is added',
    runbook: ['DrainHangs'],
    hurts: 'socket',
    inflict: (hands) => hands.drainOne(),
    wholeWithinMs: thawedWithinMs,
    paced: true,
  },
  roll: {
    what: 'every node is replaced',
    runbook: ['DrainHangs', 'ReconnectStorm'],
    hurts: 'socket',
    inflict: (hands) => hands.roll(),
    wholeWithinMs: thawedWithinMs,
    paced: true,
  },
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as FaultName[];
export const isFaultName = (text: string): text is FaultName => text in faults;
