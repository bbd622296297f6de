import { limits, type Member, type Message, type Receipt } from '@parley/protocol';
import { sql } from 'kysely';
import type { Run } from '../database.ts';
import { memberOf, messageColumns, messageFor, messageSize, receiptOf } from '../rows.ts';
import { query, type Slot, statement } from '../statement.ts';
import { type Budget, inChunks, type Plan, take } from './plan.ts';

/** Everything that changed up to a `rev`: no change at or below it is missing. */
export type Changes = { changed: Message[]; members: Member[]; receipts: Receipt[]; rev: number };

type Since = { nos: number[]; sinceRevs: number[] };
type SinceKnown = Since & { knownSeqs: number[]; fromSeqs: number[]; bytes: number };

const changedPerQueryMax = 200;
const membersPerQueryMax = limits.membersPerCommandMax + 1;
const rowsPerQueryMax = 2_000;
const memberBytes = 250;

const changedMessages = statement('sync-changed-messages', (slot: Slot<SinceKnown>) =>
  query
    .selectFrom(
      query
        .selectFrom(
          sql<{
            no: number;
            since_rev: number;
            known_seq: number;
            from_seq: number;
            n: number;
          }>`unnest(${slot('nos')}::bigint[], ${slot('sinceRevs')}::bigint[], ${slot('knownSeqs')}::bigint[], ${slot('fromSeqs')}::bigint[]) with ordinality`.as<'since'>(
            sql`since(no, since_rev, known_seq, from_seq, n)`,
          ),
        )
        .innerJoinLateral(
          (eb) =>
            eb
              .selectFrom('messages')
              .select(messageColumns)
              .select(messageSize('messages').as('size'))
              .whereRef('conversation_no', '=', 'since.no')
              .where('rev', '>', sql.lit(0))
              .whereRef('rev', '>', 'since.since_rev')
              .whereRef('seq', '>', 'since.from_seq')
              .whereRef('seq', '<=', 'since.known_seq')
              .orderBy('rev')
              .limit(sql.lit(changedPerQueryMax))
              .as('g'),
          (join) => join.onTrue(),
        )
        .selectAll('g')
        .select('since.n')
        .select((eb) =>
          eb.fn
            .sum<number>('g.size')
            .over((over) => over.orderBy('since.n').orderBy('g.rev'))
            .as('total'),
        )
        .as('sized'),
    )
    .select(messageColumns)
    .select('size')
    .where(sql<boolean>`total - size <= ${slot('bytes')}::bigint`)
    .orderBy('n')
    .orderBy('rev'),
);

// Many members may come under one rev: ties belong together.
const changedMembers = (name: string, rev: 'rev' | 'receipt_rev') =>
  statement(name, (slot: Slot<Since>) =>
    query
      .selectFrom(
        sql<{
          no: number;
          since_rev: number;
        }>`unnest(${slot('nos')}::bigint[], ${slot('sinceRevs')}::bigint[])`.as<'since'>(sql`since(no, since_rev)`),
      )
      .innerJoinLateral(
        (eb) =>
          eb
            .selectFrom('members')
            .selectAll()
            .whereRef('conversation_no', '=', 'since.no')
            .whereRef(rev, '>', 'since.since_rev')
            .orderBy(rev)
            .fetch(membersPerQueryMax, 'with ties')
            .as('m'),
        (join) => join.onTrue(),
      )
      .selectAll('m'),
  );

const cameOrWent = changedMembers('sync-changed-members', 'rev');
const advanced = changedMembers('sync-advanced-receipts', 'receipt_rev');

type Change = { rev: number; bytes: number } & ({ message: Message } | { member: Member } | { receipt: Receipt });

/** Changes by conversation in the order of their `rev`, as many as the budget allows. */
export async function readChanges(
  run: Run,
  user: string,
  plans: readonly Plan[],
  budget: Budget,
): Promise<Map<number, Changes>> {
  const answers = new Map<number, Changes>();
  const behind = plans.filter((plan) => plan.head.rev > plan.sinceRev);
  for (const chunk of inChunks(behind, (plan) => changedPerQueryMax + plan.head.member_count, rowsPerQueryMax)) {
    if (budget.exhausted) return answers;
    const found = await readChunk(run, user, chunk, budget);
    for (const plan of chunk)
      answers.set(plan.no, cut(plan, found.get(plan.no) ?? { list: [], upToRev: Infinity }, budget));
  }
  return answers;
}

/** What was read of one conversation. Beyond `upToRev` there may be more of some sort. */
type Found = { list: Change[]; upToRev: number };

async function readChunk(run: Run, user: string, plans: readonly Plan[], budget: Budget): Promise<Map<number, Found>> {
  const found = new Map<number, Found>(plans.map((plan) => [plan.no, { list: [], upToRev: Infinity }]));
  const edited = plans.filter((plan) => plan.head.messages_rev > plan.sinceRev && plan.knownSeq > plan.head.from_seq);
  const met = plans.filter((plan) => plan.head.members_rev > plan.sinceRev);
  const told = plans.filter((plan) => plan.head.receipts_rev > plan.sinceRev);
  if (edited.length > 0) {
    const rows = await run(changedMessages, {
      ...sinceOf(edited),
      knownSeqs: edited.map((plan) => plan.knownSeq),
      fromSeqs: edited.map((plan) => plan.head.from_seq),
      bytes: budget.bytes,
    });
    const items = rows.map((row) => ({
      no: row.conversation_no,
      rev: row.rev,
      bytes: row.size,
      message: messageFor(user, row),
    }));
    addAll(found, items, changedPerQueryMax);
  }
  if (met.length > 0) {
    const rows = await run(cameOrWent, sinceOf(met));
    const items = rows.map((row) => ({
      no: row.conversation_no,
      rev: row.rev,
      bytes: memberBytes,
      member: memberOf(row),
    }));
    addAll(found, items, membersPerQueryMax);
  }
  if (told.length > 0) {
    const rows = await run(advanced, sinceOf(told));
    const items = rows.map((row) => ({
      no: row.conversation_no,
      rev: row.receipt_rev,
      bytes: memberBytes,
      receipt: receiptOf(row),
    }));
    addAll(found, items, membersPerQueryMax);
  }
  return found;
}

function addAll(
  found: Map<number, Found>,
  items: readonly (Change & { no: number })[],
  perConversationMax: number,
): void {
  const counts = new Map<number, { rows: number; lastRev: number }>();
  for (const item of items) {
    found.get(item.no)?.list.push(item);
    const count = counts.get(item.no);
    counts.set(item.no, { rows: (count?.rows ?? 0) + 1, lastRev: Math.max(item.rev, count?.lastRev ?? 0) });
  }
  for (const [no, { rows, lastRev }] of counts) {
    const of = found.get(no);
    if (of && rows >= perConversationMax) of.upToRev = Math.min(of.upToRev, lastRev);
  }
}

/** Whole revs only, in order, until one does not fit; the cursor moves to the last that did. */
function cut({ head, sinceRev }: Plan, { list, upToRev }: Found, budget: Budget): Changes {
  const changes: Changes = { changed: [], members: [], receipts: [], rev: sinceRev };
  const byRev = Map.groupBy(
    list.filter((change) => change.rev <= Math.min(upToRev, head.rev)),
    (change) => change.rev,
  );
  for (const rev of [...byRev.keys()].sort((a, b) => a - b)) {
    const group = byRev.get(rev) ?? [];
    if (
      !take(
        budget,
        group.reduce((sum, change) => sum + change.bytes, 0),
      )
    )
      return changes;
    for (const change of group) {
      if ('message' in change) changes.changed.push(change.message);
      else if ('member' in change) changes.members.push(change.member);
      else changes.receipts.push(change.receipt);
    }
    changes.rev = rev;
  }
  // Everything was read and fitted: nothing at or below the head is missing.
  if (upToRev >= head.rev && !budget.exhausted) changes.rev = head.rev;
  return changes;
}

const sinceOf = (plans: readonly Plan[]): Since => ({
  nos: plans.map((plan) => plan.no),
  sinceRevs: plans.map((plan) => plan.sinceRev),
});
