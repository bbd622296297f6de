import { setTimeout as pause } from 'node:timers/promises';
import { inBackground, type Logger } from '@parley/node-kit';

type Hearer = {
  /** A link with this one was put, cancelled or deleted. */
  readonly linked: (peerId: string) => void;
  /** Some may have been, and nobody says of whom: all are asked for again. */
  readonly linkedAnew: () => Promise<void>;
};

/** How long the other nodes have to find Redis again, too: until then they say nothing. */
const othersBackMs = 3_000;

/** Which sessions of this node hear that a link of their user was put, cancelled or deleted. */
export function createLinked(log: Logger, waitMs = othersBackMs) {
  const hearersOf = new Map<string, Set<Hearer>>();
  const keyOf = (space: string, userId: string) => `${space}\n${userId}`;
  const ending = new AbortController();
  const isOver = () => ending.signal.aborted;
  let wanted = false;
  let asking = false;

  const askAnew = async () => {
    asking = true;
    while (wanted && !isOver()) {
      await pause(waitMs * (1 + Math.random()), undefined, { ref: false });
      wanted = false;
      for (const hearers of hearersOf.values()) await askEach(hearers);
    }
    asking = false;
  };
  // One session after the other: a node that was cut off must not come back with a question of each at once.
  const askEach = async (hearers: ReadonlySet<Hearer>) => {
    for (const hearer of hearers) {
      if (isOver()) return;
      await hearer.linkedAnew().catch((err: unknown) => log.warn({ err }, 'the links of a session cannot be read'));
    }
  };

  return {
    /** @returns ends it */
    listen(space: string, userId: string, hearer: Hearer): () => void {
      const key = keyOf(space, userId);
      const hearers = hearersOf.get(key) ?? new Set();
      hearersOf.set(key, hearers.add(hearer));
      return () => void (hearers.delete(hearer) && hearers.size === 0 && hearersOf.delete(key));
    },
    changed(space: string, userA: string, userB: string): void {
      for (const { linked } of hearersOf.get(keyOf(space, userA)) ?? []) linked(userB);
      for (const { linked } of hearersOf.get(keyOf(space, userB)) ?? []) linked(userA);
    },
    /** What other nodes said for some time was not heard. */
    missed(): void {
      wanted = true;
      if (!asking) inBackground(log, 'links.missed', askAnew());
    },
    close: () => ending.abort(),
  };
}

export type Linked = ReturnType<typeof createLinked>;
