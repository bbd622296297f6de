import type { Person, Profile, Role } from '@parley/protocol';

/** What a verified token says of its user. */
export type Claims = { space: string; userId: string; role: Role } & Profile;

/** What decides whether a user may enter. `revokedAt`: tokens issued at or before it are refused. `banned`: at this moment. */
export type Standing = { active: boolean; revokedAt: Date | undefined; banned: boolean };

/** Fields that are absent leave everybody in. */
export type UsersWanted = { seenBy?: SeenBy; role?: Role; active?: boolean; offset: number; limit: number };
/** Only this user, those they share a conversation or link with, and agents where that is asked for. */
export type SeenBy = { userId: string; withAgents: boolean };

export interface Users {
  /**
   * A valid token makes its user exist. Claims fill fields that are not set, and never undo `active: false`.
   * Calls that arrive together are stored together; a user who is known and unchanged costs one read.
   */
  admit(claims: Claims): Promise<Standing>;
  /** What the host application says wins over claims, field by field. */
  put(space: string, userId: string, fields: Profile & { role?: Role; active?: boolean }): Promise<Person>;
  /** `undefined`: no such user. */
  find(space: string, userId: string): Promise<Person | undefined>;
  /** By user id, by position; and how many there are, also beyond the last. */
  list(space: string, wanted: UsersWanted): Promise<{ users: Person[]; total: number }>;
  /** Refuses tokens issued until now, and writes down who did. Committed when it answers. */
  revoke(space: string, userId: string, byId: string): Promise<Date>;
  /** The standing of many users at once: revocations are pushed, and a push may be lost, so nodes ask again. */
  standings(
    users: readonly { space: string; userId: string }[],
  ): Promise<(Standing & { space: string; userId: string })[]>;
  /** When each was last online, for those who ever were. */
  lastSeen(space: string, userIds: readonly string[]): Promise<Map<string, Date>>;
  /** Written in batches; never goes back. */
  seen(marks: readonly { space: string; userId: string; at: Date }[]): Promise<void>;
}
