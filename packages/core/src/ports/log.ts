import type { ConversationKind, Member, Receipt } from '@parley/protocol';
import type { Written } from '../rules/staff.ts';
import type { ConversationFacts } from './conversations.ts';

/** Where a conversation stands. */
export type Standing = { no: number; lastSeq: number; rev: number; membershipVersion: number };

/** One conversation in one write batch: it reached these numbers. `userIds` are those whose inbox must hear of it. */
export type Move = Standing & { space: string; kind: ConversationKind; userIds: readonly string[] };

/** Everything of a conversation that changed after a `rev`, as it is now. */
export type Changes = {
  conversation: ConversationFacts;
  /** Whether its title or status changed. */
  factsChanged: boolean;
  messages: Written[];
  members: Member[];
  receipts: (Receipt & { rev: number /** Read by themselves meanwhile. */; messageIds?: string[] })[];
};

/** `fromSeq`: the last message that is not theirs, 0 for who may read everything. */
export type LogMembership = {
  version: number;
  present: ReadonlyMap<string, { fromSeq: number }>;
  gone: ReadonlyMap<string, { fromSeq: number; untilSeq: number }>;
};

/**
 * The log as a node reads it to repair what it tells: no caller, no membership, always the primary.
 * Answers are complete and ascending; every method throws `Failure` `unavailable` when the primary is away.
 */
export interface Log {
  /** Messages with `afterSeq < seq <= upToSeq`, at most `limit`. */
  messages(no: number, afterSeq: number, upToSeq: number, limit: number): Promise<Written[]>;
  /** Rows with `rev > afterRev`; `conversation.rev` is the `rev` that the answer reaches. */
  changes(no: number, afterRev: number): Promise<Changes>;
  standings(nos: readonly number[]): Promise<Standing[]>;
  /** Which of these users are members now, and under which version; and of those who were, the last time that is theirs. */
  membership(no: number, userIds: readonly string[]): Promise<LogMembership>;
  /**
   * What moved since a position, exactly, in commit order: a position is a snapshot, not a time.
   * `undefined` asks for the position of now, with no moves.
   * `truncated`: the position is older than what is kept; repair everything.
   */
  moves(since: string | undefined): Promise<{ position: string; moves: Move[]; truncated: boolean; epoch: string }>;
}
