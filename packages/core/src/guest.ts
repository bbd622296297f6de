import type { GuestCommandName, Person } from '@parley/protocol';
import type { Accounts, Passwords } from './ports/accounts.ts';
import type { Users } from './ports/users.ts';

/** Somebody without a token. `address`: from where they ask, as the load balancer saw it. */
export type Guest = { space: string; address: string };

/** How long what an account gives is good for, ms. */
export type AccountLifetimes = { accessMs: number; refreshMs: number };

/** What the doors of accounts stand on, besides the rest. */
export type GuestParts = {
  accounts: Accounts;
  users: Users;
  passwords: Passwords;
  /** `undefined`: the space has no accounts. */
  lifetimesOf(space: string): AccountLifetimes | undefined;
  /** An access token of the space. */
  sign(space: string, person: Person, lifetimeMs: number): { accessToken: string; expiresAt: Date };
  /** Counts one try of a guest; by account too, where one is named. @returns 0 when it is permitted, else ms until it may be */
  attempt(guest: Guest, name: GuestCommandName, email?: string): Promise<number>;
};
