import type { MetricName } from './metrics.ts';

export type Contract = 'native' | 'alien-fit' | 'trainer-chat' | 'tutor-go' | 'direct-chat' | 'precious-jewellery';

/** How large a run is. Conversations hold `roomSize` clients each, in the order of the clients. */
export type Size = {
  clients: number;
  roomSize: number;
  /** Over how long they connect. */
  connectSeconds: number;
  /** One after the other: how long, and how many messages all clients together send a second. */
  steps: readonly Step[];
  /** VUs of k6, each an event loop with its share of the clients. */
  vus: number;
};
export type Step = { seconds: number; perSecond: number };

/** What people do besides sending. */
export type Habits = {
  /** How many of a conversation send, the first ones; all of them by default. */
  sendersPerRoom?: number;
  bodyChars?: number;
  /** The share of sends before which somebody types for a moment. */
  typing?: number;
  /** The share of sends after which the sender has read all. */
  reading?: number;
  /** They come and go, evenly around these means. */
  visits?: { staySeconds: number; awaySeconds: number };
  /** They watch the presence of those they share a conversation with. */
  watching?: boolean;
};

/** One run, as it is handed to k6. */
export type Plan = {
  scenario: string;
  contract: Contract;
  url: string;
  size: Size;
  habits: Habits;
  /** A step of which fewer than half were acknowledged in time (`inTimeMs`) is the last. */
  untilLate?: boolean | undefined;
  thresholds: Partial<Record<MetricName, readonly string[]>>;
};

/** One client. Clients are numbered through all VUs; `sender` is that number. */
export type Seat = {
  sender: number;
  userId: string;
  token: string;
  conversationId: string;
  peerIds: readonly string[];
};

/** Acknowledged later, a message was late. */
export const inTimeMs = 250;

/** What may still be under way when the last message was due (I8). */
export const settleSeconds = 10;

/**
 * The thresholds of a run whose clients are all in one k6: a VU that broke or hung judged nobody, and what it would have
 * found must not pass for nothing. A pod of a fleet sees its own clients only, and does not know how many they are.
 */
export const judgingAll = (thresholds: Plan['thresholds'], { clients }: Size): Plan['thresholds'] => ({
  ...thresholds,
  parley_judged: [`count==${clients}`],
});

export const secondsOf = ({ connectSeconds, steps }: Size): number =>
  connectSeconds + steps.reduce((sum, { seconds }) => sum + seconds, 0);

/** They are away for half and one and a half of the mean. */
export const awaySecondsMax = ({ habits: { visits } }: Pick<Plan, 'habits'>): number =>
  1.5 * (visits?.awaySeconds ?? 0);

/** The clients of one VU: whole conversations, unless one is larger than a VU's share. */
export function shareOf(seats: readonly Seat[], { clients, roomSize, vus }: Size, vu: number): Seat[] {
  const even = Math.ceil(clients / vus);
  const share = even > roomSize ? Math.ceil(even / roomSize) * roomSize : even;
  return seats.slice(vu * share, (vu + 1) * share);
}

/** A duration for each client that hears each message would fill k6's memory: so many are enough for a p99. */
const samplesMax = 100_000;

export function sampleEvery({ steps, roomSize }: Size): number {
  const deliveries = steps.reduce((sum, { seconds, perSecond }) => sum + seconds * perSecond, 0) * roomSize;
  return Math.ceil(deliveries / samplesMax) || 1;
}
