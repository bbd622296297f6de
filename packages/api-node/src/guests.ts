import { admitGuest, Failure, type Guest, type GuestParts, type Passwords } from '@parley/core';
import { addressOf, checkPassword, type Door, hashPassword } from '@parley/node-kit';
import { type GuestCommandName, guestCommands, type GuestInput, parserOf } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { refused } from './refusals.ts';

export type { GuestParts } from '@parley/core';

/** Of 19 MiB each; they share the four threads of libuv with everything else that waits there. */
const passwordsInFlightMax = 16;

/** Passwords of this process, so many at a time and no more: a flood of logins must not take its memory. */
export function createPasswords(): Passwords {
  let inFlight = 0;
  const within = async <T>(work: () => Promise<T>): Promise<T> => {
    if (inFlight >= passwordsInFlightMax)
      throw new Failure('busy', 'Too many log in at this moment.', { retryAfterMs: 1_000 });
    inFlight += 1;
    try {
      return await work();
    } finally {
      inFlight -= 1;
    }
  };
  return {
    hash: (password) => within(() => hashPassword(password)),
    check: (hash, password) => within(() => checkPassword(hash, password)),
  };
}

export function guestFrom(request: FastifyRequest, { space }: Door): Guest {
  return { space: space.name, address: addressOf(request.headers, request.socket.remoteAddress) };
}

const parsers: { [N in GuestCommandName]: ReturnType<typeof parserOf<(typeof guestCommands)[N]['input']>> } = {
  'account.register': parserOf(guestCommands['account.register'].input),
  'account.login': parserOf(guestCommands['account.login'].input),
  'account.refresh': parserOf(guestCommands['account.refresh'].input),
  'account.logout': parserOf(guestCommands['account.logout'].input),
};

/** @throws Failure */
export async function performAsGuest<N extends GuestCommandName>(
  parts: GuestParts,
  guest: Guest,
  name: N,
  input: unknown,
) {
  const parsed = parsers[name](input);
  if (!parsed.ok) throw refused('invalid', parsed.error.message, parsed.error);
  return admitGuest(parts, guest, name, parsed.value as GuestInput<N>);
}
