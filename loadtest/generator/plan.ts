/** One client of the generator: where it connects, as whom, and the one conversation that it talks in. */
export type Seat = {
  /** Without a path: `ws://127.0.0.1:25101`. */
  url: string;
  headers: Record<string, string>;
  userId: string;
  token: string;
  conversationId: string;
  /** The other one, where conversations are of two and a contract names them by it. */
  peerId?: string;
};

export type Load =
  /** Each client keeps `window` messages in flight: as fast as the system answers. */
  | { kind: 'closed'; window: number }
  /** All clients together send `rate` messages a second, whatever the system does. Latency counts from the schedule. */
  | { kind: 'open'; rate: number }
  /** One message at a time in the whole cluster, each `pauseMs` after the last was answered. */
  | { kind: 'lone'; pauseMs: number }
  /**
   * Nobody sends. The first `first` clients connect and rest, then the others at `perSecond`; what is measured is how
   * those came in.
   */
  | { kind: 'idle'; first: number; perSecond: number; restMs: number };

/**
 * What is written here to compare with. `baseline` is B0, the usual stack; `sharded` is B1, the same with the sharded
 * adapter; `raw` is the floor that a hand could write; `bare` is Socket.IO alone, without adapter; `null` acknowledges and
 * delivers at once and stores nothing.
 */
export type UsualName = 'baseline' | 'sharded' | 'raw' | 'bare' | 'null';

/** What others wrote and people use, built from its sources. */
export const peerNames = ['centrifugo', 'tinode'] as const;
export type PeerName = (typeof peerNames)[number];

export type SystemName = 'parley' | UsualName | PeerName;

/** What clients speak over Socket.IO: a system's own words, or those of a contract that it takes too. */
export type CodecName = 'parley' | 'baseline' | 'direct-chat';

/** What clients speak over a WebSocket. */
export type ProtocolName = CodecName | PeerName;

/** What the generator is told to do. Seats stand in the order of their conversations, `roomSize` seats to each. */
export type Plan = {
  protocol: ProtocolName;
  seats: Seat[];
  roomSize: number;
  /** How many of each conversation send: its first ones. */
  senders: number;
  load: Load;
  warmUpMs: number;
  windowMs: number;
};

export type Latency = { p50: number; p95: number; p99: number; max: number; samples: number };

/** What was counted within the measured window. Latencies in ms, from the scheduled send. */
export type Measured = {
  seconds: number;
  acked: number;
  delivered: number;
  ackMs: Latency;
  deliveryMs: Latency;
  generatorCpuMs: number;
};

/** What must be true of the whole run, warm-up and drain included. Everything but `acked` and `delivered` should be 0. */
export type Account = {
  acked: number;
  delivered: number;
  /** Sent, never answered. */
  unanswered: number;
  /** (receiver, message) pairs of acknowledged messages that never came, or came again. */
  missing: number;
  repeated: number;
  /** Deliveries of another conversation, or too far from what was expected to be kept account of. */
  strange: number;
  /** Connections that ended before the run did. */
  closed: number;
  /** Deliveries that came after a later message of the same sender. */
  reordered: number;
  /** Where the system numbers: deliveries whose number was not the one after the last. */
  misnumbered: number;
  /** Refused sends by code; each was sent again until it was stored. */
  refusals: Record<string, number>;
};

/** What the two processes say to each other. */
export type ToGenerator = { say: 'plan'; plan: Plan } | { say: 'go' };
export type FromGenerator =
  | { say: 'connected' }
  | { say: 'begin' }
  | { say: 'end'; measured: Measured }
  | { say: 'done'; account: Account }
  | { say: 'failed'; reason: string };
