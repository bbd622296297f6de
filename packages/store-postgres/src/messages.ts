import { type Changed, Failure, type LinkOf, type Messages, type NewMessage, type Permit } from '@parley/core';
import { type Logger, wallClockMs } from '@parley/node-kit';
import { limits } from '@parley/protocol';
import { sql } from 'kysely';
import type { Entry } from './append/batch.ts';
import { createLane } from './append/lane.ts';
import { createLine } from './append/line.ts';
import { createSideLane } from './append/side-lane.ts';
import { createStoreRows } from './append/store-rows.ts';
import type { Database } from './database.ts';
import type { StoreMetrics } from './metrics.ts';
import { accepted, type Refused } from './outcomes.ts';
import type { Profiles } from './profiles.ts';
import { factsOf, writtenOf } from './rows.ts';
import type { ConversationRow, MessageRow } from './schema.ts';
import { query, type Slot, statement } from './statement.ts';

/** Messages of one node that may wait for a batch or be in one; beyond them the answer is `busy`. */
export const queuedRowsMax = 10_000;
const busyRetryAfterMs = 500;

type Change = {
  space: string;
  user: string;
  admin: boolean;
  no: number;
  seq: number;
  body: string | null;
  permit: Permit;
  author: string | null;
};
type ChangeRow = { outcome: 'ok' | Refused; changed: boolean; conversation: ConversationRow; message: MessageRow };

const changeMessage = statement('change-message', (slot: Slot<Change>) =>
  query
    .selectFrom(
      sql<ChangeRow>`change_message(${slot('space')}, ${slot('user')}, ${slot('admin')}, ${slot('no')}, ${slot('seq')}, ${slot('body')}, ${slot('permit')}, ${slot('author')})`.as(
        'change',
      ),
    )
    .select(['outcome', 'changed', 'conversation', 'message']),
);

type Options = {
  databaseUrl: string;
  nodeId: string | undefined;
  lanes: number;
  linkOf: LinkOf;
  profiles: Profiles;
  metrics: StoreMetrics;
  log: Logger;
};

type Reacting = Omit<Change, 'body' | 'admin' | 'author'> & { emoji: string; reacts: boolean };

const changeReaction = statement('change-reaction', (slot: Slot<Reacting>) =>
  query
    .selectFrom(
      sql<ChangeRow>`change_reaction(${slot('space')}, ${slot('user')}, ${slot('no')}, ${slot('seq')}, ${slot('emoji')}, ${slot('reacts')}, ${slot('permit')}, ${sql.lit(limits.emojisMax)}, ${sql.lit(limits.reactorsNamedMax)})`.as(
        'change',
      ),
    )
    .select(['outcome', 'changed', 'conversation', 'message']),
);

/** The log. Sends of one node are gathered into batches; a conversation is always in the same lane. */
export function createMessages(db: Database, options: Options) {
  const { databaseUrl, nodeId, lanes: laneCount, linkOf, profiles, metrics, log } = options;
  const lines = Array.from({ length: laneCount + 1 }, () => createLine({ databaseUrl, nodeId, log, metrics }));
  const [sideStore, ...stores] = lines.map((line) => createStoreRows({ line, profiles, linkOf, log, metrics }));
  if (!sideStore) throw new RangeError('there is always a side lane');
  const side = createSideLane(sideStore);
  const lanes = stores.map((store) => createLane({ store, side, metrics }));
  let queued = 0;
  let closed = false;
  metrics.watchQueue(() => queued);

  function append(message: NewMessage): ReturnType<Messages['append']> {
    return new Promise((resolve, reject) => {
      const lane = lanes[message.no % lanes.length];
      if (closed || !lane) return reject(new Failure('unavailable', 'The store is closing.'));
      if (queued >= queuedRowsMax) {
        metrics.refusedRows.inc({ code: 'busy' });
        return reject(new Failure('busy', undefined, { retryAfterMs: busyRetryAfterMs }));
      }
      queued++;
      const entry: Entry = {
        message: message.clientId === undefined ? message : { ...message, clientId: message.clientId.toLowerCase() },
        arrivedAt: performance.now(),
        resolve(appended) {
          queued--;
          if (appended.duplicate) metrics.duplicateRows.inc();
          else metrics.storedRows.inc();
          resolve(appended);
        },
        reject(failure) {
          queued--;
          metrics.refusedRows.inc({ code: failure instanceof Failure ? failure.code : 'internal' });
          reject(failure);
        },
      };
      if (message.hops) message.hops.queuedAt = wallClockMs();
      lane.add(entry);
    });
  }

  const change = async (args: Change) =>
    changedBy(
      accepted(await db.write(changeMessage, args), { forbidden: { message: 'Somebody else wrote this message.' } }),
    );
  const react = async (args: Reacting) =>
    changedBy(accepted(await db.write(changeReaction, args), { limit_reached: { details: tooMany } }));

  return {
    append,
    edit: (space, user, { no, seq }, body, permit, author) =>
      change({ space, user, admin: false, no, seq, body, permit, author: author ?? null }),
    remove: (space, user, { no, seq }, admin = false, author) =>
      change({ space, user, admin, no, seq, body: null, permit: 'always', author: author ?? null }),
    react: (space, user, { no, seq }, emoji, permit) => react({ space, user, no, seq, emoji, reacts: true, permit }),
    unreact: (space, user, { no, seq }, emoji) =>
      react({ space, user, no, seq, emoji, reacts: false, permit: 'always' }),
    /** Takes no more, stores what it took, and ends the connections. */
    async close() {
      closed = true;
      for (const lane of lanes) await lane.drained();
      await side.drained();
      for (const line of lines) await line.close();
    },
  } satisfies Messages & { close(): Promise<void> };
}

const tooMany = [{ path: '/emoji', message: `emojisMax: ${limits.emojisMax}` }];

const changedBy = ({ changed, conversation, message }: ChangeRow): Changed => ({
  ...writtenOf(message),
  conversation: factsOf(conversation),
  rev: conversation.rev,
  changed,
});
