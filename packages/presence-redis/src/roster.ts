import type { Member } from './members.ts';

/**
 * What one node wants a shard to hold, and what it believes the shard holds. Their difference is the work to do, so
 * nothing is queued: an outage of any length costs no more memory than the connections that exist.
 */
export function createRoster() {
  const wanted = new Set<Member>();
  const confirmed = new Set<Member>();
  // Exactly those that differ and were not taken; whoever came and went meanwhile leaves nothing behind.
  const touched = new Set<Member>();
  const touch = (member: Member) => {
    if (wanted.has(member) === confirmed.has(member)) touched.delete(member);
    else touched.add(member);
  };

  return {
    want(member: Member) {
      wanted.add(member);
      touch(member);
    },
    unwant(member: Member) {
      wanted.delete(member);
      touch(member);
    },
    wants: (member: Member) => wanted.has(member),
    /** Redis holds them now. One that went while the call was under way is work again. */
    confirm(members: readonly Member[]) {
      for (const member of members) {
        confirmed.add(member);
        touch(member);
      }
    },
    /** Redis no longer holds them. One that came back while the call was under way is work again. */
    forget(members: readonly Member[]) {
      for (const member of members) {
        confirmed.delete(member);
        touch(member);
      }
    },
    /** What to tell Redis next, at most `max` of each; taken off the list, so a failure must `startOver`. */
    take(max: number): { come: Member[]; go: Member[] } {
      const come: Member[] = [];
      const go: Member[] = [];
      for (const member of touched) {
        const list = wanted.has(member) ? come : go;
        if (list.length >= max) break;
        list.push(member);
        touched.delete(member);
      }
      return { come, go };
    },
    /** Believes nothing any more. @returns everything wanted, to be registered again */
    startOver(): Member[] {
      confirmed.clear();
      touched.clear();
      return [...wanted];
    },
    get size() {
      return wanted.size;
    },
    get confirmedSize() {
      return confirmed.size;
    },
    /** Changes that Redis was not told of yet. */
    get pending() {
      return touched.size;
    },
  };
}

export type Roster = ReturnType<typeof createRoster>;
