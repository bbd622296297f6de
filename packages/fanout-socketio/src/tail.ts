import type { Log, Move } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import { hintOfOthers } from './hints.ts';
import { limits } from './limits.ts';
import type { Trouble } from './resync.ts';
import { inboxRoom, openRoomOf } from './rooms.ts';
import { createUnheard, type UnheardParts } from './unheard.ts';

export type TailParts = UnheardParts & {
  log: Log;
  logger: Logger;
  /** Whether what moved is repaired; off, only the log's health and epoch are watched. */
  enabled: boolean;
  everyMs: number;
  /** The log answers again, is another one, or has forgotten where this node stood: everything is to be compared. */
  onTrouble: (trouble: Trouble) => void;
};

/**
 * The net that needs nobody to tell: it reads what every node wrote since the last time, exactly and in commit order,
 * and compares it with what was told here. Its cost follows what moved, never what exists.
 */
export function createTail(parts: TailParts) {
  const { log, listeners, sequencer, heads, logger, onTrouble } = parts;
  const tellUnheard = createUnheard(parts);
  let position: string | undefined;
  let away = false;
  let waking: Promise<void> | undefined;
  const asleep = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const read = async () => {
    // A node that only tells has nothing to repair.
    if (listeners.size() === 0) {
      position = undefined;
      return;
    }
    const answer = await log.moves(position).catch((err: unknown) => {
      if (!away) logger.warn({ err }, 'what moved cannot be read');
      away = true;
      return undefined;
    });
    if (!answer || closed) return;
    position = answer.position;
    const wasAway = away;
    away = false;
    if (heads.know(answer.epoch)) return onTrouble('epoch');
    if (wasAway) onTrouble('postgres');
    if (answer.truncated) onTrouble('truncated');
    if (!parts.enabled) return;
    const moves = merged(answer.moves);
    for (const move of moves) apply(move, answer.moves);
    await hintOfOthers(moves, parts).catch((err: unknown) => logger.warn({ err }, 'hints could not be given'));
  };

  const apply = (move: Move, all: readonly Move[]) => {
    const { space, no, userIds } = move;
    sequencer.observe(openRoomOf(move), move, 'tail');
    for (const userId of userIds) {
      const inbox = inboxRoom(space, userId);
      if (!listeners.has(inbox)) continue;
      if (sequencer.knows(inbox, no)) sequencer.observe(inbox, move, 'tail');
      else
        inBackground(logger, 'fanout.unheard', tellUnheard({ userId, first: firstOf(all, move, userId), last: move }));
    }
  };

  const next = () => {
    if (closed) return;
    // Nodes that started together shall not ask together.
    const pauseMs = parts.everyMs * (0.8 + Math.random() * 0.4);
    const dueAt = performance.now() + pauseMs;
    timer = setTimeout(() => {
      // The process stood still, or was stopped: others took it for dead meanwhile, and Redis may have given it up.
      if (performance.now() - dueAt > parts.everyMs * limits.stallPeriods) onTrouble('lease');
      tick();
    }, pauseMs).unref();
  };
  const tick = () => inBackground(logger, 'fanout.tail', read().finally(next));

  return {
    start: next,
    /** Before the first session reads its heads: from here on nothing that moves is overlooked. Never rejects. */
    awake: (): Promise<void> =>
      position === undefined ? (waking ??= read().finally(() => (waking = undefined))) : asleep,
    close(): void {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** Where a user was named for the first time: as far as the conversation was then, it is not new to them. */
function firstOf(all: readonly Move[], last: Move, userId: string): Move {
  return all.find(({ no, userIds }) => no === last.no && userIds.includes(userId)) ?? last;
}

/** The last of each conversation: numbers only ever grow. */
function merged(moves: readonly Move[]): Move[] {
  const byNo = new Map<number, Move>();
  for (const move of moves) {
    const before = byNo.get(move.no);
    if (!before) byNo.set(move.no, move);
    else {
      byNo.set(move.no, {
        ...move,
        lastSeq: Math.max(before.lastSeq, move.lastSeq),
        rev: Math.max(before.rev, move.rev),
        membershipVersion: Math.max(before.membershipVersion, move.membershipVersion),
        userIds: [...new Set([...before.userIds, ...move.userIds])],
      });
    }
  }
  return [...byNo.values()];
}
