/** What the proof and its crowds say to each other. */

/** One client: it is in all of these conversations, and counts by number in each of them. */
export type Seat = { sender: number; token: string; conversationIds: readonly string[] };

/** Messages of each sender that were acknowledged, by conversation. */
export type Stored = Record<string, Record<number, number>>;

/** How long something took that was due at `atMs`, in ms since 1970. */
export type Timed = { atMs: number; ms: number };

export type Standing = {
  /** Clients that lack nothing now. */
  level: number;
  unanswered: number;
  cpuMs: number;
};

export type Report = {
  /** When each client was cut, and how long it lacked a session or a message; since `begin`. */
  recoveries: readonly Timed[];
  /** When sessions began. */
  arrivals: readonly number[];
  /** Tries that were refused: how long they were told to stay away, or `untold`. */
  refusals: readonly (number | 'untold')[];
  /** Other tries that failed, by their reason. */
  failures: Record<string, number>;
  acks: readonly Timed[];
  deliveries: readonly Timed[];
};

export type Verdict = { lost: number; duplicated: number; reordered: number; gapRepaired: number; stored: Stored };

export type Order =
  /** Everybody comes, evenly over a time. */
  | { order: 'enter'; url: string; seats: readonly Seat[]; overMs: number }
  /** Sends evenly, each time by the next client in the next of its conversations. */
  | { order: 'talk'; perSecond: number }
  | { order: 'hush' }
  /** Everybody comes anew, evenly over a time. */
  | { order: 'move'; overMs: number }
  /** From now on whoever is cut comes back at the end of the time within which it may, and not somewhere in it. */
  | { order: 'linger' }
  /** Forgets what `report` told so far. */
  | { order: 'begin' }
  | { order: 'report' }
  /** Told only after a moment, because it is asked again and again, and asking shall not be what the machine does. */
  | { order: 'stand' }
  /** Everybody asks the log for what they lack, and judges what they have against what was acknowledged to all. */
  | { order: 'judge'; stored: Stored };

export type Answer = Standing | Report | Verdict | 'done';
