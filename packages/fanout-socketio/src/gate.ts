import type { Frame } from './frame.ts';
import type { Listener } from './listeners.ts';

/**
 * Lets a room's events through only to members. Two doubts are told apart:
 *
 * - A newer version of the members was heard of: nobody here is known to be a member under it, and everybody waits, for
 *   a frame from after somebody's removal must not reach them, however late the removal is heard.
 * - Somebody came in without a proof: only they wait, and what they would have heard waits with them. In a storm of
 *   reconnects somebody always comes in, and a large room must not stand still for it.
 */
export type Gate = {
  version: number;
  readonly doubtful: Set<string>;
  readonly newcomers: Map<Listener, Frame[]>;
  checking: boolean;
  /** Newcomers wait for something that was told: the log is to be asked about them. */
  wanted: boolean;
};

export function createGate(): Gate {
  return { version: 0, doubtful: new Set(), newcomers: new Map(), checking: false, wanted: false };
}

export function isOpen(gate: Gate | undefined): boolean {
  return gate === undefined || gate.doubtful.size === 0;
}

/** A newer version exists: nobody is known to be a member under it. */
export function heardOf(gate: Gate, version: number, everybody: () => Iterable<string>): void {
  if (version <= gate.version) return;
  gate.version = version;
  for (const userId of everybody()) gate.doubtful.add(userId);
}

/** The store said that these users are members under this version. Answers whether it is the newest. */
export function proven(
  gate: Gate,
  version: number,
  userIds: Iterable<string>,
  everybody: () => Iterable<string>,
): boolean {
  heardOf(gate, version, everybody);
  if (version < gate.version) return false;
  for (const userId of userIds) gate.doubtful.delete(userId);
  return true;
}
