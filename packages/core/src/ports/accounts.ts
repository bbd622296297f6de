import type { Person, Profile } from '@parley/protocol';

export type RefreshToken = { refreshToken: string; refreshExpiresAt: Date };

/** A way in with an address and a password. An address is compared without regard to case, within its space. */
export interface Accounts {
  /** Makes a user of the role `user`, with an id of their own, and the account of that user. `undefined`: the address is taken. */
  register(space: string, account: Profile & { email: string; passwordHash: string }): Promise<Person | undefined>;
  /**
   * Gives a user an account, or theirs another address and password, and ends their sessions.
   * @throws Failure `conflict` for the address of somebody else, and for a user who does not exist; nothing is changed then
   */
  put(space: string, userId: string, account: { email: string; passwordHash: string }): Promise<void>;
  /** `undefined`: nobody registered this address. */
  find(space: string, email: string): Promise<{ person: Person; passwordHash: string } | undefined>;
  /** Begins a session; a user's oldest make room for it. Only a hash of the token is stored. */
  begin(space: string, userId: string, forMs: number): Promise<RefreshToken>;
  /**
   * Replaces the token. One that comes again within `graceMs` (`refreshGraceMs`) gets the same successor, as long as that
   * was not used: its answer may have been lost. `undefined`, and the session has ended: the token was replaced before
   * (somebody else has it), the session is over, or its user was deactivated or revoked since it began.
   */
  rotate(
    space: string,
    token: string,
    forMs: number,
    graceMs?: number,
  ): Promise<(RefreshToken & { person: Person }) | undefined>;
  /** Ends the session; nothing happens when there is none. */
  end(space: string, token: string): Promise<void>;
}

/** Slow on purpose. @throws Failure `busy` when too many wait */
export interface Passwords {
  hash(password: string): Promise<string>;
  /** `undefined` for the hash of nobody: it takes as long, and is never right. */
  check(hash: string | undefined, password: string): Promise<boolean>;
}
