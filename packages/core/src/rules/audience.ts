import { limits } from '@parley/protocol';
import type { ConversationHead } from '../ports/conversations.ts';

/** Who hears an event: the inboxes of some users, whoever has a conversation open, or a whole space. */
export type Audience =
  | { kind: 'inboxes'; space: string; userIds: readonly string[] }
  | { kind: 'conversation'; space: string; no: number }
  | { kind: 'everybody'; space: string };

/**
 * Conversations of two are heard in the inboxes of both, where that of `agents` is heard by all of the staff; groups in a
 * room of their own; announcements by everybody.
 */
export function audienceOf({ space, no, kind, peerIds }: ConversationHead): Audience {
  if (kind === 'announcement') return { kind: 'everybody', space };
  return peerIds ? { kind: 'inboxes', space, userIds: [...new Set(peerIds)] } : { kind: 'conversation', space, no };
}

/** Receipts and typing cost members squared: they are told in small conversations only. */
export function isSmall({ kind, memberCount }: ConversationHead): boolean {
  return kind !== 'announcement' && memberCount <= limits.smallConversationMembersMax;
}
