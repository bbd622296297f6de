import { staffId } from '@parley/protocol';
import { Failure } from '../failure.ts';
import type { Caller } from '../caller.ts';
import type { Parts } from '../parts.ts';
import { isStaff } from '../rules/staff.ts';
import { membersChanged, newPeers } from '../rules/tellings.ts';

type Around = Pick<Parts, 'conversations' | 'directory' | 'fanout'>;

/**
 * Whose support thread a peer stands for: to a user, `agents` is the peer of their own; to the staff, in a space in which
 * users talk with nobody else, each user is the peer of theirs. Anybody else is the peer of a direct conversation.
 */
export function threadOf(
  { talkRuleOf }: Pick<Parts, 'talkRuleOf'>,
  caller: Caller,
  peerId: string,
): string | undefined {
  if (!isStaff(caller.role)) return peerId === staffId ? caller.userId : undefined;
  return talkRuleOf(caller.space) === 'support' ? peerId : undefined;
}

/**
 * The number of a user's thread, which comes into being when it is first asked for.
 * @throws Failure `not_found` also for members of the staff, who answer threads and have none
 */
export async function supportThread(
  { conversations, directory, fanout }: Around,
  { space, role }: Caller,
  userId: string,
): Promise<number> {
  if (userId === staffId) throw new Failure('not_found');
  if (isStaff(role)) {
    const [owner] = await directory.people(space, [userId]);
    if (owner && isStaff(owner.role)) throw new Failure('not_found', 'Members of the staff have no thread.');
  }
  // It is asked for with every message and page of those who name the peer, and made once.
  const known = directory.knownBetween(space, userId, staffId);
  if (known !== undefined) return known;
  const { conversation, created } = await conversations.openSupport(space, userId);
  if (created)
    for (const telling of membersChanged({ conversation, members: newPeers(conversation) })) fanout.tell(telling);
  return conversation.no;
}
