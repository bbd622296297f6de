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
  /** Ends with the first step that is hopelessly late: what waits beyond it is a queue, and judges nobody. */
  untilLate?: boolean;
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

const rising = (seconds: number, from: number, times: number): [number, number][] =>
  Array.from({ length: times }, (_, i) => [seconds, Math.round(from * 1.5 ** i)]);

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
  ramp: {
    asks: 'At how many messages a second does the cluster begin to lag?',
    answers: 'Acknowledgement and delivery for each step of the rate, and the knee: the last step that kept up.',
    read: 'A step keeps up when 99 % of its messages are acknowledged within 250 ms; the first of which not even half are is the last. k6 spends 30 µs on each delivery: when it shares cores with the cluster, the knee is that of both. Thresholds hold for correctness only.',
    contract: 'native',
    habits: {},
    sizes: {
      laptop: size(400, 10, 5, rising(15, 100, 8), 2),
      ci: size(200, 10, 3, rising(6, 60, 5), 2),
      fleet: size(20_000, 10, 60, rising(60, 1_000, 10), 40),
    },
    untilLate: true,
    thresholds: promises,
  },
  soak: {
    asks: 'Does anything grow or slow down while the load stays the same?',
    answers:
      'The drift of memory, event loop lag and p99 from the first third to the last, and every message accounted for.',
    read: 'Memory of a node may rise while it warms up (the first step); after that 1 % in ten minutes is flat. A p99 that drifts without the memory points at the database: look at its panels.',
    contract: 'native',
    habits: { reading: 0.1 },
    sizes: {
      laptop: size(
        500,
        10,
        10,
        [
          [300, 200],
          [500, 200],
          [500, 200],
          [500, 200],
        ],
        2,
      ),
      ci: size(
        200,
        10,
        3,
        [
          [8, 100],
          [10, 100],
          [10, 100],
          [10, 100],
        ],
        2,
      ),
      fleet: size(
        50_000,
        10,
        120,
        [
          [600, 5_000],
          [1_000, 5_000],
          [1_000, 5_000],
          [1_000, 5_000],
        ],
        100,
      ),
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
    read: '`parley_recovery_ms` has 0.5 to 2 s of jitter by design. `parley_stale_ms` says how old a message was when those who had been away got it.',
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
  'direct-messages': {
    asks: 'How do conversations of two do, of which there are most?',
    answers: 'Acknowledgement and delivery at a fixed rate.',
    read: 'Every message concerns two users on two nodes. Compare `ack` with that of `smoke`: more conversations in each commit, fewer writes for each message.',
    contract: 'native',
    habits: { reading: 0.2, typing: 0.2 },
    sizes: {
      laptop: size(1_000, 2, 5, [[60, 300]], 2),
      ci: size(200, 2, 2, [[20, 100]], 2),
      fleet: size(50_000, 2, 60, [[600, 10_000]], 50),
    },
    thresholds: { ...undisturbed, ...quick },
  },
  'presence-churn': {
    asks: 'Is presence right, and in time, while people come and go all the time?',
    answers:
      'How long until others hear that somebody came or went, and whether anybody believes something untrue at the end.',
    read: 'Coming is told at once; going is told after a grace of 5 s, so that a reload is no news: the p(95) is near 6 s. `parley_presence_wrong` is 0.',
    contract: 'native',
    habits: { watching: true, visits: { staySeconds: 12, awaySeconds: 9 } },
    sizes: {
      laptop: size(500, 10, 5, [[60, 20]], 2),
      ci: size(100, 10, 3, [[25, 10]], 2),
      fleet: size(50_000, 10, 60, [[600, 1_000]], 50),
    },
    thresholds: { ...promises, parley_presence_wrong: ['count==0'], parley_presence_ms: ['p(95)<10000'] },
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
  mixed: {
    asks: 'What does a realistic day cost?',
    answers:
      'CPU and memory of the nodes for a crowd that is mostly idle, types a little, sends seldom, and comes and goes.',
    read: 'The page of the servers matters more than the latencies: cores for each thousand people, memory for each connection.',
    contract: 'native',
    habits: { typing: 0.5, reading: 0.5, watching: true, visits: { staySeconds: 30, awaySeconds: 8 } },
    sizes: {
      laptop: size(2_000, 10, 20, [[120, 20]], 2),
      ci: size(300, 10, 5, [[30, 8]], 2),
      fleet: size(100_000, 10, 300, [[3_600, 1_000]], 100),
    },
    thresholds: { ...promises, ...quick, parley_presence_wrong: ['count==0'] },
  },
  'dialect-alien-fit': {
    ...talk('alien-fit', 'Alien Fit'),
    // Every trainer hears every thread: deliveries grow with the square of the clients.
    sizes: {
      laptop: size(100, 2, 5, [[60, 60]], 2),
      ci: size(60, 2, 2, [[15, 40]], 2),
      fleet: size(1_000, 2, 30, [[600, 40]], 8),
    },
  },
  'dialect-trainer-chat': talk('trainer-chat', 'Trainer Chat'),
  'dialect-tutor-go': talk('tutor-go', 'TutorGo'),
  'dialect-direct-chat': talk('direct-chat', 'Direct Chat'),
  'dialect-precious-jewellery': talk('precious-jewellery', 'Precious Jewellery'),
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;
