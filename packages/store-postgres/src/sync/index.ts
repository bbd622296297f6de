import type { History } from '@parley/core';
import { type Conversation, conversationId, limits, type Message, type SyncAnswer } from '@parley/protocol';
import { sql } from 'kysely';
import type { Database, Run } from '../database.ts';
import { conversationOf, membershipsOf, seenColumns, unread } from '../seen.ts';
import { query, type Slot, statement } from '../statement.ts';
import { type Changes, readChanges } from './changes.ts';
import { readNewMessages } from './new-messages.ts';
import { type Budget, type Cursor, type Head, headOf, type Plan, planOf } from './plan.ts';

type Asked = { space: string; user: string; nos: readonly number[] };

/** What the sight of a conversation costs on the wire. */
const conversationBytes = 600;

const memberships = (slot: Slot<Asked>) =>
  membershipsOf(slot).where('c.no', '=', (eb) => eb.fn.any(sql<number[]>`${slot('nos')}::bigint[]`));

const syncHeads = statement('sync-heads', (slot: Slot<Asked>) =>
  memberships(slot).select([
    'c.no',
    'c.first_seq',
    'c.last_seq',
    'c.rev',
    'c.messages_rev',
    'c.members_rev',
    'c.receipts_rev',
    'c.member_count',
    'm.from_seq',
    'm.until_seq',
    'm.rev as member_rev',
    sql<string>`(select current_epoch())`.as('epoch'),
  ]),
);

const syncConversations = statement('sync-conversations', (slot: Slot<Asked>) =>
  query
    .selectFrom(memberships(slot).where('m.until_seq', 'is', null).select(seenColumns).as('seen'))
    .selectAll('seen')
    .select(unread(slot).as('unread')),
);

const syncEpoch = statement('sync-epoch', () => query.selectNoFrom(sql<string>`current_epoch()`.as('epoch')));

type Answer = Awaited<ReturnType<History['sync']>>;

/**
 * Everything since the cursors, in one snapshot. The heads are read first; messages then come in the order of their
 * `seq` and changes in the order of their `rev`, and where the answer is full both cursors stay at the last that it carries.
 * @param bytesMax has to take the largest message and, under one rev, the largest change of members; else nothing moves
 */
export async function sync(
  db: Database,
  space: string,
  user: string,
  cursors: readonly Cursor[],
  bytesMax: number = limits.syncBytesMax,
): Promise<Answer> {
  const asked = { space, user, nos: cursors.map((cursor) => cursor.no) };
  // Most of those who come back missed nothing: one statement is a snapshot by itself, and no transaction is needed.
  const glance = await readHeads(db.read, asked);
  const plans = plansOf(cursors, glance.heads);
  if (!plans.some(isBehind)) return { epoch: glance.epoch, conversations: answersOf(cursors, plans, nothingNew) };
  return db.snapshot(async (run) => {
    const { heads, epoch } = await readHeads(run, asked);
    return { epoch, conversations: await catchUp(run, asked, cursors, plansOf(cursors, heads), bytesMax) };
  });
}

async function readHeads(run: Run, asked: Asked): Promise<{ heads: Map<number, Head>; epoch: string }> {
  const rows = await run(syncHeads, asked);
  const epoch = rows[0]?.epoch ?? (await run(syncEpoch, {}))[0]?.epoch ?? '';
  return { heads: new Map(rows.map((row) => [row.no, headOf(row)])), epoch };
}

const plansOf = (cursors: readonly Cursor[], heads: ReadonlyMap<number, Head>): Plan[] =>
  cursors.flatMap((cursor) => {
    const head = heads.get(cursor.no);
    return head ? [planOf(cursor, head)] : [];
  });

const isBehind = ({ limited, head, afterSeq, sinceRev }: Plan) =>
  limited || head.last_seq > afterSeq || head.rev > sinceRev;

async function catchUp(
  run: Run,
  asked: Asked,
  cursors: readonly Cursor[],
  plans: readonly Plan[],
  bytesMax: number,
): Promise<SyncAnswer[]> {
  const behind = plans.filter(isBehind);
  const budget: Budget = { bytes: bytesMax - behind.length * conversationBytes, exhausted: false };
  const messages = await readNewMessages(run, asked.user, behind, budget);
  const answers = answersOf(cursors, plans, { messages, changes: await readChanges(run, asked.user, behind, budget) });
  const atHead = new Set(answers.filter(({ more }) => !more).map(({ id }) => id));
  const arrived = behind.flatMap(({ no, head }) => (!head.gone && atHead.has(conversationId(no)) ? [no] : []));
  return withConversations(run, asked, answers, arrived);
}

type News = { messages: ReadonlyMap<number, Message[]>; changes: ReadonlyMap<number, Changes> };
const nothingNew: News = { messages: new Map(), changes: new Map() };

function answersOf(cursors: readonly Cursor[], plans: readonly Plan[], { messages, changes }: News): SyncAnswer[] {
  const planned = new Map(plans.map((plan) => [plan.no, plan]));
  return cursors.map((cursor): SyncAnswer => {
    const plan = planned.get(cursor.no);
    if (!plan) return { ...nothing(cursor), status: 'gone' };
    const { head, limited, afterSeq, sinceRev } = plan;
    const found = messages.get(cursor.no) ?? [];
    const { rev, ...changed }: Partial<Changes> = changes.get(cursor.no) ?? { rev: sinceRev };
    const lastSeq = found.at(-1)?.seq;
    // The newest page reaches the head, however short the budget made it; without a message of it, nothing has moved.
    if (limited && lastSeq === undefined && head.last_seq > afterSeq) return { ...nothing(cursor), more: true };
    const seq = limited ? head.last_seq : (lastSeq ?? cursor.seq);
    const answer = { ...nothing(cursor), ...changed, messages: found, seq, rev };
    const more = seq < head.last_seq || rev < head.rev;
    if (limited) return { ...answer, status: 'limited', more: more || head.gone };
    return { ...answer, status: head.gone && !more ? 'gone' : 'ok', more };
  });
}

/** What arrived at its head also gets the conversation as it is now, with its unread count. */
async function withConversations(
  run: Run,
  { space, user }: Asked,
  answers: SyncAnswer[],
  nos: number[],
): Promise<SyncAnswer[]> {
  if (nos.length === 0) return answers;
  const rows = await run(syncConversations, { space, user, nos });
  const seen = new Map<string, Conversation>(
    rows.map((row) => [conversationId(row.no), conversationOf({ ...row, last_message: null }, user)]),
  );
  return answers.map((answer) => {
    const conversation = seen.get(answer.id);
    return conversation ? { ...answer, conversation } : answer;
  });
}

const nothing = ({ no, seq, rev }: Cursor): SyncAnswer => ({
  id: conversationId(no),
  status: 'ok',
  messages: [],
  changed: [],
  members: [],
  receipts: [],
  seq,
  rev,
  more: false,
});
