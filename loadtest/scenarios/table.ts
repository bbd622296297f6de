import type { MetricName } from './metrics.ts';
import type { Contract, Habits, Size } from './plan.ts';

/** For whom a run is sized: somebody's laptop, a pipeline (at most a minute), several machines with k6-operator. */
export const profiles = ['laptop', 'ci', 'fleet'] as const;
export type Profile = (typeof profiles)[number];

/** What is done to the cluster while the crowd talks; `disturbances.ts` does it. */
export type Disturbance = 'kill-node' | 'rolling-restart' | 'slow-readers';

export type Scenario = {
  /** The question. */
  asks: string;
  /** What the numbers say about it. */
  answers: string;
  /** How to take them. */
  read: string;
  contract: Contract;
  habits: Habits;
  sizes: Record<Profile, Size>;
  disturbance?: Disturbance;
  thresholds: Partial<Record<MetricName, readonly string[]>>;
};

type Thresholds = Scenario['thresholds'];

/** What no run may do, whatever happens to the cluster. */
const promises = {
  parley_connected: ['rate==1'],
  parley_acked: ['rate==1'],
  parley_delivered: ['count>0'],
  parley_lost: ['count==0'],
  parley_duplicated: ['count==0'],
  parley_reordered: ['count==0'],
} as const satisfies Thresholds;
/** Besides, while nothing happens to it. */
const undisturbed = {
  ...promises,
  parley_cut: ['count==0'],
  parley_gap_repaired: ['count==0'],
} as const satisfies Thresholds;
const quick = { parley_ack_ms: ['p(99)<250'], parley_delivery_ms: ['p(99)<300'] } as const satisfies Thresholds;

const size = (
  clients: number,
  roomSize: number,
  connectSeconds: number,
  steps: readonly (readonly [seconds: number, perSecond: number])[],
  vus: number,
): Size => ({
  clients,
  roomSize,
  connectSeconds,
  steps: steps.map(([seconds, perSecond]) => ({ seconds, perSecond })),
  vus,
});

const talk = (contract: Contract, product: string): Scenario => ({
  asks: `Do clients of ${product} get every message once, under load, in their own contract?`,
  answers:
    'Counts of lost, doubled and reordered messages, by what clients wrote into the bodies; latency of acknowledgement and delivery.',
  read: 'All counts are 0. Compare the latencies with those of `direct-messages` in the same profile: the difference is the price of the contract.',
  contract,
  habits: {},
  sizes: {
    laptop: size(200, 2, 5, [[60, 100]], 2),
    ci: size(60, 2, 2, [[15, 40]], 2),
    fleet: size(20_000, 2, 60, [[600, 4_000]], 40),
  },
  thresholds: {
    ...promises,
    parley_cut: ['count==0'],
    parley_ack_ms: ['p(99)<300'],
    parley_delivery_ms: ['p(99)<400'],
  },
});

export const scenarios = {
  smoke: {
    asks: 'Does the cluster work at all?',
    answers:
      'Whether everybody connects, every message is acknowledged, and every member gets each of them once and in order.',
    read: 'PASSED or the metric that failed. Latencies are those of an almost idle cluster.',
    contract: 'native',
    habits: {},
    sizes: {
      laptop: size(100, 10, 2, [[60, 67]], 4),
      ci: size(100, 10, 2, [[15, 67]], 2),
      fleet: size(1_000, 10, 10, [[60, 500]], 4),
    },
    thresholds: { ...undisturbed, ...quick },
  },
  'connect-storm': {
    asks: 'What happens when everybody comes at once?',
    answers: 'How long it takes until a client is connected and level, and whether all get in.',
    read: '`parley_connect_ms` contains the jitter of those who were told that a node admits no more at the moment. Those refusals are the design: see `parley_handshakes_refused_total` in the page of the servers.',
    contract: 'native',
    habits: {},
    sizes: {
      laptop: size(2_000, 10, 1, [[10, 50]], 2),
      ci: size(600, 10, 0.5, [[5, 30]], 2),
      fleet: size(100_000, 10, 10, [[30, 1_000]], 100),
    },
    thresholds: { ...promises, parley_connect_ms: ['p(99)<15000'] },
  },
  'reconnect-storm': {
    asks: 'What do people lose when a node dies under them?',
    answers:
      'How many were cut, how long until they were level again, and that nothing acknowledged was lost, doubled or reordered.',
    read: '`parley_recovery_ms` has up to 2 s of jitter by design. `parley_stale_ms` says how old a message was when those who had been away got it.',
    contract: 'native',
    habits: {},
    disturbance: 'kill-node',
    sizes: {
      laptop: size(1_000, 10, 5, [[60, 100]], 2),
      ci: size(200, 10, 2, [[25, 60]], 2),
      fleet: size(50_000, 10, 60, [[300, 2_000]], 50),
    },
    thresholds: { ...promises, parley_cut: ['count>0'], parley_recovery_ms: ['max<15000'] },
  },
  'hot-room': {
    asks: 'Does one large conversation reach all of its members in time?',
    answers: 'Deliveries a second, and how long a message takes to the slowest member.',
    read: 'A message to 2,000 members is 2,000 writes: `parley_delivery_ms` p(99) minus p(50) is the time of the fan-out on the busiest node. k6 hears 30,000 deliveries a second and core at most.',
    contract: 'native',
    habits: { sendersPerRoom: 5 },
    sizes: {
      laptop: size(2_000, 2_000, 10, [[30, 4]], 2),
      ci: size(500, 500, 4, [[15, 6]], 2),
      fleet: size(5_000, 5_000, 30, [[300, 20]], 20),
    },
    thresholds: { ...undisturbed, parley_ack_ms: ['p(99)<300'], parley_delivery_ms: ['p(99)<1500'] },
  },
  'slow-consumers': {
    asks: 'Do a few who stop reading slow down everybody else?',
    answers:
      'Latency of the others while some sockets of the same conversations are open and never read, and how many of those were cut.',
    read: 'The latencies are as without them. The memory of the nodes rises until the slow ones are cut (`parley_fanout_slow_clients_total`), then falls.',
    contract: 'native',
    habits: { bodyChars: 7_000 },
    disturbance: 'slow-readers',
    sizes: {
      laptop: size(60, 20, 2, [[90, 90]], 2),
      ci: size(20, 20, 1, [[40, 80]], 1),
      fleet: size(2_000, 20, 30, [[300, 2_000]], 20),
    },
    thresholds: { ...undisturbed, parley_ack_ms: ['p(99)<500'], parley_delivery_ms: ['p(99)<500'] },
  },
  'rolling-restart': {
    asks: 'Does anybody notice when every node is replaced?',
    answers: 'Failed sends (none), and how long clients were without a connection while node after node drained.',
    read: 'Every client is asked to move before its node ends, so `parley_cut` counts those who had not moved in time. `parley_acked` is 1.',
    contract: 'native',
    habits: {},
    disturbance: 'rolling-restart',
    sizes: {
      laptop: size(500, 10, 5, [[90, 60]], 2),
      ci: size(100, 10, 2, [[40, 40]], 2),
      fleet: size(50_000, 10, 60, [[900, 2_000]], 50),
    },
    thresholds: promises,
  },
  'dialect-direct-chat': talk('direct-chat', 'Direct Chat'),
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
