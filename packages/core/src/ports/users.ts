import type { Role } from '@parley/protocol';

/** What a verified token says of its user. */
export type Claims = { space: string; userId: string; role: Role; name?: string; email?: string };

/** What decides whether a user may enter. `revokedAt`: tokens issued at or before it are refused. */
export type Standing = { active: boolean; revokedAt: Date | undefined };
export type User = { userId: string; name: string | undefined; email: string | undefined; role: Role; active: boolean };

export interface Users {
  /**
   * A valid token makes its user exist. Claims fill fields that are not set, and never undo `active: false`.
   * Calls that arrive together are stored together; a user who is known and unchanged costs one read.
   */
  admit(claims: Claims): Promise<Standing>;
  /** What the host application says wins over claims, field by field. */
  put(
    space: string,
    userId: string,
    fields: { name?: string; email?: string; role?: Role; active?: boolean },
  ): Promise<User>;
  /** Refuses tokens issued until now. Committed when it answers. */
  revoke(space: string, userId: string): Promise<Date>;
  /** The standing of many users at once: revocations are pushed, and a push may be lost, so nodes ask again. */
  standings(
    users: readonly { space: string; userId: string }[],
  ): Promise<(Standing & { space: string; userId: string })[]>;
  /** When each was last online, for those who ever were. */
  lastSeen(space: string, userIds: readonly string[]): Promise<Map<string, Date>>;
  /** Written in batches; never goes back. */
  seen(marks: readonly { space: string; userId: string; at: Date }[]): Promise<void>;
}
