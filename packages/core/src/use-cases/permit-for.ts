import { parseConversationId } from '@parley/protocol';
import type { Caller } from '../caller.ts';
import { Failure } from '../failure.ts';
import type { Parts } from '../parts.ts';
import { type Permit, permitOf } from '../rules/talk.ts';

type Around = Pick<Parts, 'talkRuleOf' | 'talkHost' | 'directory'>;

/** Until the host is asked again, when it did not answer. */
const retryAfterMs = 1_000;
/** From looking whether a send has to wait to sending it, all in one turn of the event loop. */
const turnMs = 100;

/**
 * What the store has to find true before a caller writes to a conversation, or to a peer. Where the host application
 * decides it is asked here, before a send enters its lane; a no becomes `never`, so that a retry of what was stored
 * before is answered as ever. At once under every other rule, and where the answer is known.
 * @throws Failure `unavailable` when the host does not answer: nobody may talk then
 */
export function permitFor(
  parts: Around,
  caller: Caller,
  target: { no: number } | { peerId: string },
): Permit | Promise<Permit> {
  const { space, role } = caller;
  const rule = parts.talkRuleOf(space);
  if (rule !== 'ask') return permitOf(rule, role);
  const peerId = 'peerId' in target ? target.peerId : peerIn(parts, caller, target.no);
  return peerId instanceof Promise
    ? peerId.then((found) => decided(parts, caller, found))
    : decided(parts, caller, peerId);
}

/** Whether `permitFor` would not answer at once. */
export function mustAskFirst(parts: Around, caller: Caller, id: string): boolean {
  if (parts.talkRuleOf(caller.space) !== 'ask') return false;
  const no = parseConversationId(id);
  const peerId = no === undefined ? undefined : peerIn(parts, caller, no);
  if (peerId instanceof Promise) return true;
  return peerId !== undefined && parts.talkHost.known(caller.space, caller.userId, peerId, turnMs) === undefined;
}

/** Nobody is asked about groups, nor of conversations that are not the caller's, which the store refuses. */
function decided(parts: Around, { space, userId }: Caller, peerId: string | undefined): Permit | Promise<Permit> {
  if (peerId === undefined || peerId === userId) return 'always';
  const known = parts.talkHost.known(space, userId, peerId);
  return known === undefined ? asked(parts, space, userId, peerId) : permitted(known);
}

async function asked({ talkHost }: Around, space: string, userId: string, peerId: string): Promise<Permit> {
  const answer = await talkHost.ask(space, userId, peerId);
  if (answer !== undefined) return permitted(answer);
  throw new Failure('unavailable', 'Who may talk to whom cannot be asked at the moment.', { retryAfterMs });
}

const permitted = (answer: boolean): Permit => (answer ? 'always' : 'never');

function peerIn({ directory }: Around, { space, userId }: Caller, no: number) {
  const otherOf = (peers: readonly string[] | undefined) =>
    peers?.includes(userId) ? (peers.find((peer) => peer !== userId) ?? userId) : undefined;
  const peers = directory.peersOf(space, no);
  return peers instanceof Promise ? peers.then(otherOf) : otherOf(peers);
}
