import type { ConversationStatus, MemberRole } from '@parley/protocol';
import type { MembersChanged } from './conversations.ts';

/** Who asks, and whether as an admin of the space, who needs no membership. */
export type Actor = { space: string; userId: string; admin: boolean };

/** `changed` is false when everything stood there already. */
export type Moderated = MembersChanged & { changed: boolean };

/**
 * What may be done in a conversation, and by whom. Every writer locks the conversation first: once an answer was given,
 * every message that is stored afterwards, on whatever node, was judged by it. Every method throws `Failure`.
 */
export interface Moderation {
  /**
   * A group's title is its owners' and admins'. They close and reopen it too; of a direct conversation only an admin of
   * the space does, and either of the two archives it.
   * @throws `not_found`, `not_member`, `forbidden`
   */
  updateConversation(
    actor: Actor,
    no: number,
    fields: { title?: string; status?: ConversationStatus },
  ): Promise<Moderated>;
  /**
   * Roles are the owners' business, and one owner always remains. Owners mute everybody, admins of a group mute members.
   * @param fields.mutedUntil ISO 8601; a time that has passed ends the mute
   * @throws `not_found`, `not_member`, `forbidden`
   */
  updateMember(
    actor: Actor,
    no: number,
    userId: string,
    fields: { role?: MemberRole; mutedUntil?: string },
  ): Promise<Moderated>;
}
