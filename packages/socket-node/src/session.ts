import { Failure, refusalTo, type Session, type Users } from '@parley/core';
import type { ClosingCode } from '@parley/protocol';
import { createExpiry } from './expiry.ts';
import type { Entered } from './handshake.ts';
import type { Viewed } from './viewed.ts';
import type { Watcher } from './watched.ts';

/** A live session: its token is watched for as long as it lasts. */
export type LiveSession = Session & { readonly entered: Entered; close(): void };

type Around = { watcher: Watcher; viewed: Viewed; users: Users; end: (code: ClosingCode) => void };

export function createSession(entered: Entered, { watcher, viewed, users, end }: Around): LiveSession {
  const { caller, door } = entered;
  const expiry = createExpiry(() => end('token_expired'));
  expiry.set(entered.expiresAt);
  let current = entered;

  return {
    get entered() {
      return current;
    },
    watch: (userIds) => watcher.watch(userIds),
    unwatch: (userIds) => watcher.unwatch(userIds),
    look: (no, looks) => viewed.look(no, looks),
    async refresh(token) {
      const verified = await door.tokens.verify(token);
      if (!verified.ok) throw new Failure(verified.code);
      const { userId, role, issuedAt, expiresAt } = verified.claims;
      if (userId !== caller.userId || role !== caller.role) {
        throw new Failure('forbidden', 'A session is refreshed with a token of the same user and role.');
      }
      const [standing] = await users.standings([caller]);
      const refusal = standing && refusalTo(standing, issuedAt);
      if (refusal) throw new Failure(refusal);
      current = { ...current, issuedAt, expiresAt };
      expiry.set(expiresAt);
      return expiresAt;
    },
    close() {
      expiry.clear();
      watcher.close();
    },
  };
}
