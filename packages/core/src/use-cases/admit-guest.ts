import { type GuestCommandName, type GuestInput, type GuestOutput, type Person } from '@parley/protocol';
import { Failure } from '../failure.ts';
import type { AccountLifetimes, Guest, GuestParts } from '../guest.ts';
import { admitUser } from './admit-user.ts';
import type { RefreshToken } from '../ports/accounts.ts';

type Context = { space: string; lifetimes: AccountLifetimes };
type GuestCase<N extends GuestCommandName> = (
  parts: GuestParts,
  context: Context,
  input: GuestInput<N>,
) => Promise<GuestOutput<N>>;

const guestCases: { [N in GuestCommandName]: GuestCase<N> } = {
  async 'account.register'(parts, { space, lifetimes }, { password, ...profile }) {
    // Hashed before anything is asked: how long it takes tells nothing of the address.
    const passwordHash = await parts.passwords.hash(password);
    const person = await parts.accounts.register(space, { ...profile, passwordHash });
    if (!person) throw new Failure('conflict', 'This address has an account already.');
    return admission(
      parts,
      { space, lifetimes },
      person,
      await parts.accounts.begin(space, person.userId, lifetimes.refreshMs),
    );
  },
  async 'account.login'(parts, { space, lifetimes }, { email, password }) {
    const account = await parts.accounts.find(space, email);
    const isRight = await parts.passwords.check(account?.passwordHash, password);
    if (!account || !isRight) throw new Failure('unauthenticated', 'The address or the password is wrong.');
    if (!account.person.active) throw new Failure('forbidden', 'This account was deactivated.');
    const begun = await parts.accounts.begin(space, account.person.userId, lifetimes.refreshMs);
    return admission(parts, { space, lifetimes }, account.person, begun);
  },
  async 'account.refresh'(parts, { space, lifetimes }, { refreshToken }) {
    const rotated = await parts.accounts.rotate(space, refreshToken, lifetimes.refreshMs);
    if (!rotated) throw new Failure('unauthenticated', 'This session has ended: log in again.');
    return admission(parts, { space, lifetimes }, rotated.person, rotated);
  },
  async 'account.logout'({ accounts }, { space }, { refreshToken }) {
    await accounts.end(space, refreshToken);
    return {};
  },
};

/** Runs a parsed command of somebody who has no token. @throws Failure `not_found` in a space without accounts */
export async function admitGuest<N extends GuestCommandName>(
  parts: GuestParts,
  guest: Guest,
  name: N,
  input: GuestInput<N>,
): Promise<GuestOutput<N>> {
  const lifetimes = parts.lifetimesOf(guest.space);
  if (!lifetimes) throw new Failure('not_found', 'This space has no accounts.');
  const retryAfterMs = await parts.attempt(guest, name, 'email' in input ? input.email : undefined);
  if (retryAfterMs > 0) throw new Failure('rate_limited', 'Too many tries.', { retryAfterMs });
  const guestCase: GuestCase<N> = guestCases[name];
  return guestCase(parts, { space: guest.space, lifetimes }, input);
}

/** What a guest came for, unless no door would take it. @throws Failure `banned` */
async function admission(parts: GuestParts, { space, lifetimes }: Context, user: Person, begun: RefreshToken) {
  const { active: _, ...claims } = user;
  await admitUser(parts, { space, ...claims }, undefined);
  const { accessToken, expiresAt } = parts.sign(space, user, lifetimes.accessMs);
  return {
    user,
    accessToken,
    expiresAt: expiresAt.toISOString(),
    refreshToken: begun.refreshToken,
    refreshExpiresAt: begun.refreshExpiresAt.toISOString(),
  };
}
