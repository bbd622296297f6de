/**
 * What happened in one run, as its clients saw it, and what the database holds afterwards. Times are milliseconds of one
 * clock: all recorded clients live in one process. Bodies are unique in a run, so that a body names its message.
 */
export type History = {
  sends: readonly Send[];
  sessions: readonly Session[];
  deliveries: readonly Delivery[];
  applied: readonly Applied[];
  repairing: readonly Repairing[];
  pages: readonly Page[];
  reads: readonly Read[];
  unread: readonly Unread[];
  database: Database;
};

/** One try of a send. Tries with the same `clientId` in a conversation by one user are one send. */
export type Send = {
  client: string;
  userId: string;
  /** Counts the connections of a client; `0` is over HTTP. */
  session: number;
  conversationId: string;
  /** Absent in contracts that have none: bodies are unique in a run. */
  clientId: string | undefined;
  body: string;
  invokedAt: number;
  outcome: Outcome;
};

/** `fail`: a code of kind `refused`, which promises that nothing happened. `info`: nobody knows (no answer, or `unknown`). */
export type Outcome =
  | { type: 'ok'; at: number; id: string; seq: number; duplicate: boolean }
  | { type: 'fail'; at: number; code: string }
  | { type: 'info' };

/**
 * One connection of a client that applies what it hears without looking at `seq`. `heads` are the numbers that
 * `session.ready` announced: what comes later must be heard, without a hole, for as long as the connection lasts. Where
 * they are `whole`, a conversation that they do not name came into being later, and is heard from its first message on.
 */
export type Session = {
  client: string;
  userId: string;
  session: number;
  heads: ReadonlyMap<string, number>;
  whole: boolean;
  openAtEnd: boolean;
};

/** A message as a view shows it. */
export type Seen = { conversationId: string; seq: number; id: string; senderId: string; body: string };

/** A `message.created` that reached a client, in the order of arrival. */
export type Delivery = Seen & { client: string; userId: string; session: number };

/**
 * What a client that repairs itself applied in one conversation, in the order in which it did: it holds what is after
 * `fromSeq`, up to the head, or to `upToSeq` where it began anew (it was too far behind, or the epoch changed).
 */
export type Applied = {
  client: string;
  userId: string;
  conversationId: string;
  fromSeq: number;
  upToSeq?: number;
  messages: readonly Seen[];
};

/** A client that repairs itself, and so has something of every conversation of its user. */
export type Repairing = { client: string; userId: string; openAtEnd: boolean };

/** What `history.page` or `sync` answered a user after the run. */
export type Page = { userId: string; messages: readonly Seen[] };

/** A `receipt.read` that was acknowledged. */
export type Read = { userId: string; conversationId: string; readSeq: number };

/** The unread count that a user was told after the run. */
export type Unread = { userId: string; conversationId: string; unread: number };

export type Database = {
  messages: readonly Row[];
  conversations: readonly Conversation[];
  members: readonly Member[];
  /** Agents and admins: together they are the member `agents` of every support thread. */
  staff: ReadonlySet<string>;
};

export type Conversation = { conversationId: string; firstSeq: number; lastSeq: number; support: boolean };

/** `authorId` is who of the staff wrote what its sender, `agents`, says to the user; absent where the sender did. */
export type Row = Seen & {
  authorId: string | undefined;
  clientId: string | undefined;
  edited: boolean;
  deleted: boolean;
  system: boolean;
};

/** One interval of a membership: `fromSeq` exclusive, `untilSeq` inclusive. Somebody who came back has several. */
export type Member = {
  userId: string;
  conversationId: string;
  fromSeq: number;
  untilSeq: number | undefined;
  readSeq: number;
};

export type Violation = { invariant: `I${number}`; message: string };

/** One invariant: pure over a history, and silent when it holds. */
export type Invariant = (history: History) => string[];
