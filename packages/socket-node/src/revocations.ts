import { refusalTo, type Users } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import type { ClosingCode } from '@parley/protocol';
import type { LiveSession } from './session.ts';

/** A revocation or a ban is pushed, and a push may be lost: so every session is asked about again within a minute. */
const everyMs = { min: 30_000, max: 60_000 };
const batchMax = 1_000;

type Ended = { session: LiveSession; end: (code: ClosingCode) => void };

/** Asks the store again for all local sessions, in batches, forever. */
export function watchRevocations(sessions: ReadonlySet<Ended>, users: Users, log: Logger) {
  let timer: NodeJS.Timeout;
  const check = async () => {
    const all = [...sessions];
    for (let i = 0; i < all.length; i += batchMax) await endRevoked(all.slice(i, i + batchMax), users);
  };
  const next = () => {
    timer = setTimeout(
      () => inBackground(log, 'revocations.check', check().finally(next)),
      everyMs.min + Math.random() * (everyMs.max - everyMs.min),
    );
    timer.unref();
  };
  next();
  return { close: () => clearTimeout(timer) };
}

async function endRevoked(sessions: readonly Ended[], users: Users): Promise<void> {
  const standings = await users.standings(sessions.map(({ session }) => session.entered.caller));
  const byUser = new Map(standings.map((standing) => [`${standing.space}\n${standing.userId}`, standing]));
  for (const { session, end } of sessions) {
    const { caller, issuedAt } = session.entered;
    const standing = byUser.get(`${caller.space}\n${caller.userId}`);
    const refusal = standing && refusalTo(standing, issuedAt);
    if (refusal) end(refusal);
  }
}
