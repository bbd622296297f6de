import type { PresenceBoard, Transition } from '@parley/core';
import type { Presence } from '@parley/protocol';
import { until } from '@parley/testkit';

export type Word = Presence['status'] | 'stale';

export const wordOf = ({ status, stale }: Presence): Word => (stale ? 'stale' : status);

/** What a board hears, as one word for each transition. */
export function listen(board: PresenceBoard) {
  const heard: Transition[] = [];
  let resyncs = 0;
  board.listen(
    (transition) => heard.push(transition),
    () => {
      resyncs += 1;
    },
  );
  return {
    heard,
    words: (userId: string) => heard.filter((t) => t.presence.userId === userId).map((t) => wordOf(t.presence)),
    get resyncs() {
      return resyncs;
    },
  };
}

export async function statuses(board: PresenceBoard, userIds: readonly string[], space = 'main'): Promise<Word[]> {
  return (await board.read(space, userIds)).map(wordOf);
}

/** Waits until the board says so of all these users. */
export async function untilAll(
  board: PresenceBoard,
  userIds: readonly string[],
  wanted: Word,
  withinMs = 8_000,
): Promise<void> {
  await until(async () => (await statuses(board, userIds)).every((word) => word === wanted), {
    withinMs,
    what: `${userIds.length} users are ${wanted}`,
  });
}

/** Waits until the board can tell. */
export const untilSure = (board: PresenceBoard) => untilAll(board, ['nobody'], 'offline');

/** Real time passes: for proving that something does not happen meanwhile. */
export async function pass(ms: number): Promise<void> {
  const end = performance.now() + ms;
  await until(() => performance.now() >= end, { withinMs: ms + 2_000, what: 'time passes' });
}
