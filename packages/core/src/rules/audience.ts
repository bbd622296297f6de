import { limits } from '@parley/protocol';
import type { ConversationHead } from '../ports/conversations.ts';

/** Who hears an event: the inboxes of some users, or whoever has a conversation open. */
export type Audience =
  | { kind: 'inboxes'; space: string; userIds: readonly string[] }
  | { kind: 'conversation'; space: string; no: number };

/** Direct conversations are heard in the inboxes of their two users; groups in a room of their own. */
export function audienceOf({ space, no, peerIds }: ConversationHead): Audience {
  return peerIds ? { kind: 'inboxes', space, userIds: [...new Set(peerIds)] } : { kind: 'conversation', space, no };
}

/** Receipts and typing cost members squared: they are told in small conversations only. */
export function isSmall({ memberCount }: ConversationHead): boolean {
  return memberCount <= limits.smallConversationMembersMax;
}
