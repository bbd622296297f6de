type Hear = (peerId: string) => void;

/** Which sessions of this node hear that a link of their user was put, cancelled or deleted. */
export function createLinked() {
  const hearersOf = new Map<string, Set<Hear>>();
  const keyOf = (space: string, userId: string) => `${space}\n${userId}`;
  return {
    /** @returns ends it */
    listen(space: string, userId: string, hear: Hear): () => void {
      const key = keyOf(space, userId);
      const hearers = hearersOf.get(key) ?? new Set();
      hearersOf.set(key, hearers.add(hear));
      return () => void (hearers.delete(hear) && hearers.size === 0 && hearersOf.delete(key));
    },
    changed(space: string, userA: string, userB: string): void {
      for (const hear of hearersOf.get(keyOf(space, userA)) ?? []) hear(userB);
      for (const hear of hearersOf.get(keyOf(space, userB)) ?? []) hear(userA);
    },
  };
}

export type Linked = ReturnType<typeof createLinked>;
