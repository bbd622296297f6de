import { refused } from './step.ts';

/*
 * Conversation ids of contracts that write them `user1_user2`. One pair has one id: the one that `[a, b].sort().join('_')`
 * makes. Ids of users that contain `_` themselves could then name two pairs of one user (`a_b_a_b_a`: a_b_a with b_a, and
 * with a_b); for those the shorter one stands first, and no id names two.
 */

/** The two users in the order in which their id names them. */
export function pair(a: string, b: string): readonly [string, string] {
  const isPlain = !a.includes('_') && !b.includes('_');
  const aFirst = isPlain || a.length === b.length ? a < b : a.length < b.length;
  return aFirst ? [a, b] : [b, a];
}

/** The id of the conversation of two users, the same for both. */
export const pairId = (a: string, b: string): string => pair(a, b).join('_');

/**
 * The other one of a pair, from its id with the users in either order. What one order says of one pair and the other
 * order of another is the pair whose id it is.
 * @throws Refused `forbidden` for an id without `me`
 */
export function peerIn(id: string, me: string): string {
  const first = id.startsWith(`${me}_`) ? id.slice(me.length + 1) : '';
  const last = id.endsWith(`_${me}`) ? id.slice(0, -me.length - 1) : '';
  const peer = first !== '' && (last === '' || pairId(me, first) === id) ? first : last;
  if (peer === '') throw refused('forbidden', 'You are not in this conversation.');
  return peer;
}
