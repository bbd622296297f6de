import type { Conversation, Member, Message, Payload, Receipt } from '@parley/protocol';

/**
 * What one client knows of one conversation.
 *
 * `seq` and `rev` are the cursor: every message up to `seq` and every change up to `rev` has been told to the
 * application, in order, once. `messages` is the interval `(from, seq]` without a hole, each row in its newest version.
 */
export type Ledger = {
  readonly me: string;
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly from: number;
  readonly messages: readonly Message[];
  /** Rows beyond `seq` that wait for those before them, in the newest version that is known. */
  readonly ahead: ReadonlyMap<number, Message>;
  /** Changes beyond `rev` that wait for those before them, by their number. */
  readonly changes: ReadonlyMap<number, Change>;
  /** The furthest that anybody has told us of. */
  readonly head: { readonly seq: number; readonly rev: number };
  /**
   * True while `rev` may cover edits of messages beyond `seq` that we have not seen: a push of such a message may be
   * the version before the edit, so only `sync` may move `seq` then.
   */
  readonly catchingUp: boolean;
  /** Our membership ended, and everything that was said until then was told. */
  readonly gone: boolean;
  /** The last message of our membership, while it is not told yet: after it we are gone. */
  readonly untilSeq: number | undefined;
  readonly facts: Conversation;
  readonly members: ReadonlyMap<string, Member>;
  readonly receipts: ReadonlyMap<string, Receipt>;
  readonly readSeq: number;
  readonly deliveredSeq: number;
  /** Unread messages in `(readSeq, from]`, below the interval. `undefined`: ask the server. */
  readonly unreadBelow: number | undefined;
  /** A count of the server's that cannot be used before our cursor has reached it. */
  readonly counted: Counted | undefined;
  /** While a page of older messages is under way: rows below the interval that changed meanwhile. */
  readonly changedBelow: ReadonlyMap<number, Message> | undefined;
};

export type Counted = { seq: number; rev: number; readSeq: number; unread: number };

/** A push that is ordered by `rev`. */
export type Change = { rev: number } & (
  | { kind: 'message'; message: Message }
  | { kind: 'receipt'; receipt: Receipt }
  | { kind: 'conversation'; conversation: Payload<'conversation.changed'> }
);

/** What the application is told, in this order. */
export type Told =
  | { kind: 'message'; message: Message }
  | { kind: 'changed'; message: Message }
  | { kind: 'receipt'; receipt: Receipt }
  | { kind: 'members'; members: readonly Member[] }
  /** The interval starts anew: what lies between was not told, and older rows may have changed. */
  | { kind: 'restart'; reason: 'limited' | 'rejoined'; afterSeq: number; nextSeq: number }
  | { kind: 'gone' };

/** A ledger under construction: the reducer's own copy. */
export type Draft = {
  -readonly [K in keyof Ledger]: Ledger[K] extends ReadonlyMap<infer Key, infer Value>
    ? Map<Key, Value>
    : Ledger[K] extends readonly (infer Item)[]
      ? Item[]
      : Ledger[K] extends ReadonlyMap<infer Key, infer Value> | undefined
        ? Map<Key, Value> | undefined
        : Ledger[K];
};

/** Rows and changes that may wait for others. More are dropped: `sync` brings them. */
export const heldMax = 200;

export function draftOf(ledger: Ledger): Draft {
  return {
    ...ledger,
    messages: [...ledger.messages],
    ahead: new Map(ledger.ahead),
    changes: new Map(ledger.changes),
    members: new Map(ledger.members),
    receipts: new Map(ledger.receipts),
    counted: ledger.counted && { ...ledger.counted },
    changedBelow: ledger.changedBelow && new Map(ledger.changedBelow),
  };
}

/**
 * A ledger that begins after `cursor`, with the server's account of the conversation.
 * Without a cursor at the account's head, it is behind until a `sync` has answered.
 */
export function openLedger(me: string, facts: Conversation, cursor: { seq: number; rev: number }): Ledger {
  return {
    me,
    id: facts.id,
    seq: cursor.seq,
    rev: cursor.rev,
    from: cursor.seq,
    messages: [],
    ahead: new Map(),
    changes: new Map(),
    head: { seq: Math.max(facts.lastSeq, cursor.seq), rev: Math.max(facts.rev, cursor.rev) },
    catchingUp: cursor.seq < facts.lastSeq,
    gone: facts.untilSeq !== undefined && cursor.seq >= facts.untilSeq,
    untilSeq: undefined,
    facts,
    members: new Map(),
    receipts: new Map(),
    readSeq: facts.readSeq,
    deliveredSeq: facts.deliveredSeq,
    unreadBelow: facts.readSeq >= cursor.seq ? 0 : undefined,
    counted: { seq: facts.lastSeq, rev: facts.rev, readSeq: facts.readSeq, unread: facts.unread },
    changedBelow: undefined,
  };
}

/** Whether something is known to be missing that only `sync` can bring. */
export function isBehind(ledger: Ledger): boolean {
  const { head, seq, rev, catchingUp, ahead, changes } = ledger;
  return catchingUp || head.seq > seq || head.rev > rev || ahead.size > 0 || changes.size > 0;
}
