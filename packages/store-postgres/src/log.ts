import { type Changes, Failure, type Log, type Move } from '@parley/core';
import { inBackground, type Logger } from '@parley/node-kit';
import { messageId } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database } from './database.ts';
import { readMoves, readPosition, rotateMoves } from './moves.ts';
import type { Profiles } from './profiles.ts';
import { factsOf, memberOf, messageColumns, writtenOf, receiptOf } from './rows.ts';
import { query, type Slot, statement } from './statement.ts';

type Since = { no: number; afterRev: number };

const messagesBetween = statement(
  'messages-between',
  (slot: Slot<{ no: number; afterSeq: number; upToSeq: number; limit: number }>) =>
    query
      .selectFrom('messages')
      .select(messageColumns)
      .where('conversation_no', '=', slot('no'))
      .where('seq', '>', slot('afterSeq'))
      .where('seq', '<=', slot('upToSeq'))
      .orderBy('seq')
      .limit(slot('limit')),
);

const conversationByNo = statement('conversation-by-no', (slot: Slot<{ no: number }>) =>
  query.selectFrom('conversations').selectAll().where('no', '=', slot('no')),
);

const messagesChangedSince = statement('messages-changed-since', (slot: Slot<Since>) =>
  query
    .selectFrom('messages')
    .select(messageColumns)
    .where('conversation_no', '=', slot('no'))
    .where('rev', '>', slot('afterRev'))
    .where('rev', '>', 0)
    .orderBy('rev'),
);

const membersChangedSince = statement('members-changed-since', (slot: Slot<Since>) =>
  query
    .selectFrom('members')
    .selectAll()
    .where('conversation_no', '=', slot('no'))
    .where((eb) => eb.or([eb('rev', '>', slot('afterRev')), eb('receipt_rev', '>', slot('afterRev'))])),
);

const readsSince = statement('reads-since', (slot: Slot<Since>) =>
  query
    .selectFrom('reads')
    .select(['user_id', 'seq'])
    .where('conversation_no', '=', slot('no'))
    .where('single', '=', sql.lit(true))
    .where('rev', '>', slot('afterRev'))
    .orderBy('rev'),
);

const standings = statement('standings', (slot: Slot<{ nos: readonly number[] }>) =>
  query
    .selectFrom('conversations')
    .select(['no', 'last_seq', 'rev', 'membership_version'])
    .where('no', '=', (eb) => eb.fn.any(sql<number[]>`${slot('nos')}::bigint[]`)),
);

const membersAmong = statement('members-among', (slot: Slot<{ no: number; users: readonly string[] }>) =>
  query
    .selectFrom('conversations as c')
    .leftJoin('members as m', (join) =>
      join
        .onRef('m.conversation_no', '=', 'c.no')
        .on('m.user_id', '=', (eb) => eb.fn.any(sql<string[]>`${slot('users')}::text[]`)),
    )
    .select(['c.membership_version', 'm.user_id', 'm.from_seq', 'm.until_seq'])
    .where('c.no', '=', slot('no')),
);

export function createLog(db: Database, profiles: Profiles, log: Logger) {
  return {
    async messages(no, afterSeq, upToSeq, limit) {
      return (await db.read(messagesBetween, { no, afterSeq, upToSeq, limit })).map(writtenOf);
    },
    changes: (no, afterRev) =>
      db.snapshot(async (run): Promise<Changes> => {
        const [conversation] = await run(conversationByNo, { no });
        if (!conversation) throw new Failure('not_found');
        const { messages_rev, members_rev, receipts_rev, facts_rev } = conversation;
        const messages = messages_rev > afterRev ? await run(messagesChangedSince, { no, afterRev }) : [];
        const members =
          Math.max(members_rev, receipts_rev) > afterRev ? await run(membersChangedSince, { no, afterRev }) : [];
        const came = members.filter((row) => row.rev > afterRev).sort((a, b) => a.rev - b.rev);
        const receipts = members
          .filter((row) => row.receipt_rev > afterRev)
          .sort((a, b) => a.receipt_rev - b.receipt_rev);
        const singles = receipts.length > 0 ? await run(readsSince, { no, afterRev }) : [];
        const readBy = Map.groupBy(singles, (row) => row.user_id);
        return {
          conversation: factsOf(conversation),
          factsChanged: facts_rev > afterRev,
          messages: messages.map(writtenOf),
          members: came.map(memberOf),
          receipts: receipts.map((row) => {
            const messageIds = readBy.get(row.user_id)?.map(({ seq }) => messageId(no, seq));
            return { ...receiptOf(row), rev: row.receipt_rev, ...(messageIds && { messageIds }) };
          }),
        };
      }),
    async standings(nos) {
      if (nos.length === 0) return [];
      const rows = await db.read(standings, { nos });
      return rows.map((row) => ({
        no: row.no,
        lastSeq: row.last_seq,
        rev: row.rev,
        membershipVersion: row.membership_version,
      }));
    },
    async membership(no, users) {
      const rows = await db.read(membersAmong, { no, users });
      const present = new Map<string, { fromSeq: number }>();
      const gone = new Map<string, { fromSeq: number; untilSeq: number }>();
      for (const { user_id: userId, from_seq: fromSeq, until_seq: untilSeq } of rows) {
        if (userId === null || fromSeq === null) continue;
        if (untilSeq === null) present.set(userId, { fromSeq });
        else gone.set(userId, { fromSeq, untilSeq });
      }
      return { version: rows[0]?.membership_version ?? 0, present, gone };
    },
    async moves(since) {
      const now = since === undefined ? await readPosition(db) : await readMoves(db, since);
      profiles.under(now.epoch);
      if (now.rotationDue) inBackground(log, 'rotate moves', rotateMoves(db));
      await profiles.load(
        now.rows.flatMap((row) => row.nos),
        db.read,
      );
      const moves = now.rows.flatMap((row) =>
        row.nos.flatMap((no, i): Move[] => {
          const profile = profiles.get(no);
          if (!profile) return [];
          const standing = {
            no,
            lastSeq: row.seqs[i] ?? 0,
            rev: row.revs[i] ?? 0,
            membershipVersion: row.versions[i] ?? 0,
          };
          return [
            {
              ...standing,
              space: profile.space,
              kind: profile.kind,
              userIds: [...new Set([...(profile.peerIds ?? []), ...(row.users ?? [])])],
            },
          ];
        }),
      );
      // Both numbers only grow under the conversation's lock: their sum is the order in which its moves were committed.
      moves.sort((a, b) => a.no - b.no || a.lastSeq + a.rev - (b.lastSeq + b.rev));
      return { position: now.position, moves, truncated: now.truncated, epoch: now.epoch };
    },
  } satisfies Log;
}
