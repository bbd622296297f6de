import { limits } from '@parley/protocol';

/** What a client says that it holds. */
export type Cursor = { no: number; seq: number; rev: number };

/** Where a conversation stands for a member, in the snapshot of the answer. */
export type Head = {
  no: number;
  first_seq: number;
  last_seq: number;
  rev: number;
  messages_rev: number;
  members_rev: number;
  receipts_rev: number;
  member_count: number;
  from_seq: number;
  /** The membership ended: `last_seq` and `rev` are those of its end, and nothing beyond them is the member's. */
  gone: boolean;
};

/** The head of a conversation, and the membership through which it is seen. */
export type SeenHead = Omit<Head, 'gone'> & { until_seq: number | null; member_rev: number };

/** A membership sees nothing after its end: for who is gone, the conversation stands where they left it. */
export function headOf({ until_seq, member_rev, ...head }: SeenHead): Head {
  return until_seq === null ? { ...head, gone: false } : { ...head, last_seq: until_seq, rev: member_rev, gone: true };
}

/** What one conversation needs to come from its cursor to its head. */
export type Plan = {
  no: number;
  head: Head;
  /** Too far behind (or at numbers that never were): only the newest page, and the cursor jumps to the head. */
  limited: boolean;
  /** Messages with `afterSeq < seq <= head.last_seq` are new. */
  afterSeq: number;
  /** Of the messages up to here the client may hold any: their changes are told. */
  knownSeq: number;
  sinceRev: number;
};

export function planOf(cursor: Cursor, head: Head): Plan {
  const { no } = cursor;
  // Nothing at or below it can be seen: before the member came, or no longer kept.
  const floor = Math.min(head.last_seq, Math.max(head.from_seq, head.first_seq - 1));
  // Who is gone may know numbers from after it (an inbox tells the conversation's), and has all that was theirs.
  const neverWas = !head.gone && (cursor.seq > head.last_seq || cursor.rev > head.rev);
  if (neverWas) return { no, head, limited: true, afterSeq: newest(head, floor), knownSeq: 0, sinceRev: 0 };
  // A cursor below the floor is from an earlier membership, or from none: what is held there does not join what follows.
  const limited = cursor.seq < floor || head.last_seq - cursor.seq > limits.syncMessagesMax;
  const afterSeq = limited ? newest(head, floor) : cursor.seq;
  return { no, head, limited, afterSeq, knownSeq: cursor.seq, sinceRev: cursor.rev };
}

const newest = (head: Head, floor: number) => Math.max(floor, head.last_seq - limits.pageDefault);

/** What an answer may still carry. Once something did not fit, nothing after it may go, so that cursors hold. */
export type Budget = { bytes: number; exhausted: boolean };

export function take(budget: Budget, bytes: number): boolean {
  if (budget.exhausted || bytes > budget.bytes) {
    budget.exhausted = true;
    return false;
  }
  budget.bytes -= bytes;
  return true;
}

/** Splits plans so that no query reads more than about `rowsMax` rows. */
export function* inChunks(plans: readonly Plan[], rowsOf: (plan: Plan) => number, rowsMax: number): Generator<Plan[]> {
  let chunk: Plan[] = [];
  let rows = 0;
  for (const plan of plans) {
    if (chunk.length > 0 && rows + rowsOf(plan) > rowsMax) {
      yield chunk;
      [chunk, rows] = [[], 0];
    }
    chunk.push(plan);
    rows += rowsOf(plan);
  }
  if (chunk.length > 0) yield chunk;
}
