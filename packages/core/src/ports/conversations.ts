import type { Permit } from '../rules/talk.ts';
import type { Conversation, ConversationKind, ConversationStatus, Member, MemberRole } from '@parley/protocol';

/** What telling needs to know of a conversation. */
export type ConversationFacts = {
  space: string;
  no: number;
  kind: ConversationKind;
  title: string | undefined;
  status: ConversationStatus;
  memberCount: number;
  /** Grows with every change of members. */
  membershipVersion: number;
  lastSeq: number;
  rev: number;
  /** The two users of a direct conversation; of a support thread, its user and `agents`. */
  peerIds: readonly [string, string] | undefined;
};

/** What every message is answered with; title and status change beside messages. */
export type ConversationHead = Omit<ConversationFacts, 'title' | 'status'>;

export type MembersChanged = {
  conversation: ConversationFacts /** Those that came or went, as they are now. */;
  members: Member[];
};
export type Inbox = { conversations: Conversation[]; next: string | undefined; unreadTotal: number; epoch: string };

/** Conversations and who is in them. Every writer locks the conversation first; every method throws `Failure`. */
export interface Conversations {
  /**
   * The direct conversation of two users, made when there is none; two callers at once get the same one.
   * One that is there is always found, so that it can be read; only to make one needs the `permit`, and by itself: that
   * the peer is an admin is enough to answer, and not to begin.
   * @returns `created` true for the one call that made it
   * @throws `not_found` when the peer is unknown in this space, `not_permitted`, `invalid` for oneself
   */
  openDirect(
    space: string,
    userId: string,
    peerId: string,
    permit: Permit,
  ): Promise<{ conversation: ConversationFacts; created: boolean }>;
  /** The support thread of a user, made when there is none. @throws `not_found` when there is no such user */
  openSupport(space: string, userId: string): Promise<{ conversation: ConversationFacts; created: boolean }>;
  /** What everybody of a space hears, made when there is none. */
  openAnnouncement(space: string): Promise<{ conversation: ConversationFacts; created: boolean }>;
  /** @throws `not_found` when a member is unknown, naming them in `details` */
  createGroup(space: string, ownerId: string, title: string, memberIds: readonly string[]): Promise<MembersChanged>;
  /**
   * Who is a member already stays as they are; who was one comes back with a new interval.
   * @throws `not_found`, `not_member`, `forbidden` (not owner or admin, or a direct conversation), `limit_reached`
   */
  addMembers(
    space: string,
    byUserId: string,
    no: number,
    userIds: readonly string[],
    options: { role: MemberRole; history: 'all' | 'none' },
  ): Promise<MembersChanged>;
  /**
   * Ends a membership at the current head; of oneself always, of others as owner or admin.
   * @throws `not_found`, `not_member`, `forbidden` (also for the last owner while others remain)
   */
  removeMember(space: string, byUserId: string, no: number, userId: string): Promise<MembersChanged>;
  /** As one member sees it, unread counted. @throws `not_found` */
  get(space: string, userId: string, no: number): Promise<{ conversation: Conversation; epoch: string }>;
  /**
   * Most recent first. A cursor is opaque and stays valid while conversations move. Last messages that would make too
   * long an answer are left out. @throws `invalid` for a foreign cursor
   */
  list(space: string, userId: string, page: { after: string | undefined; limit: number }): Promise<Inbox>;
  /** By position, most recent first, each with its newest message; and how many there are. */
  page(
    space: string,
    userId: string,
    page: { offset: number; limit: number },
  ): Promise<{ conversations: Conversation[]; total: number }>;
  /** The direct conversation of two users that exists; makes none. @throws `not_found` */
  between(space: string, userId: string, peerId: string): Promise<number>;
  /** By user id, only current members. @throws `not_found`, `not_member` */
  members(
    space: string,
    userId: string,
    no: number,
    page: { after: string | undefined; limit: number },
  ): Promise<Member[]>;
  /** The facts, for a current member. @throws `not_found`, `not_member` */
  facts(space: string, userId: string, no: number): Promise<ConversationFacts>;
  /** Those of `userIds` who share a conversation with the user now, or have a confirmed link with them. */
  acquaintances(space: string, userId: string, userIds: readonly string[]): Promise<string[]>;
}
