import { type Message } from '@parley/protocol';
import { sql } from 'kysely';
import type { Run } from '../database.ts';
import { messageColumns, messageFor, messageSize } from '../rows.ts';
import { query, type Slot, statement } from '../statement.ts';
import { type Budget, inChunks, type Plan, take } from './plan.ts';

type Ranges = { nos: number[]; afterSeqs: number[]; upToSeqs: number[]; bytes: number };

const rowsPerQueryMax = 1_000;

// The lateral part walks the primary key of each conversation; the running sum ends what is sent, not what is read, so
// that callers ask for bounded ranges. One row more than fits is sent: it shows that something did not fit.
const rangesOfMessages = (name: string, direction: 'asc' | 'desc') =>
  statement(name, (slot: Slot<Ranges>) =>
    query
      .selectFrom(
        query
          .selectFrom(
            sql<{
              no: number;
              after_seq: number;
              upto_seq: number;
              n: number;
            }>`unnest(${slot('nos')}::bigint[], ${slot('afterSeqs')}::bigint[], ${slot('upToSeqs')}::bigint[]) with ordinality`.as<'range'>(
              sql`range(no, after_seq, upto_seq, n)`,
            ),
          )
          .innerJoinLateral(
            (eb) =>
              eb
                .selectFrom('messages')
                .select(messageColumns)
                .select(messageSize('messages').as('size'))
                .whereRef('conversation_no', '=', 'range.no')
                .whereRef('seq', '>', 'range.after_seq')
                .whereRef('seq', '<=', 'range.upto_seq')
                .as('g'),
            (join) => join.onTrue(),
          )
          .selectAll('g')
          .select('range.n')
          .select((eb) =>
            eb.fn
              .sum<number>('g.size')
              .over((over) => over.orderBy('range.n').orderBy('g.seq', direction))
              .as('total'),
          )
          .as('sized'),
      )
      .select(messageColumns)
      .select('size')
      .where(sql<boolean>`total - size <= ${slot('bytes')}::bigint`)
      .orderBy('n')
      .orderBy('seq', direction),
  );

const newMessages = rangesOfMessages('sync-new-messages', 'asc');
const newestPages = rangesOfMessages('sync-newest-pages', 'desc');

/** New messages by conversation, ascending and dense, as many as the budget allows. */
export async function readNewMessages(
  run: Run,
  user: string,
  plans: readonly Plan[],
  budget: Budget,
): Promise<Map<number, Message[]>> {
  const answers = new Map<number, Message[]>();
  const behind = plans.filter((plan) => plan.head.last_seq > plan.afterSeq);
  // Runs of the same sort keep the order in which the client asked, in which the budget is spent.
  for (const limited of [false, true]) {
    const statement = limited ? newestPages : newMessages;
    const sort = behind.filter((plan) => plan.limited === limited);
    for (const chunk of inChunks(sort, (plan) => plan.head.last_seq - plan.afterSeq, rowsPerQueryMax)) {
      if (budget.exhausted) return answers;
      const rows = await run(statement, {
        nos: chunk.map((plan) => plan.no),
        afterSeqs: chunk.map((plan) => plan.afterSeq),
        upToSeqs: chunk.map((plan) => plan.head.last_seq),
        bytes: budget.bytes,
      });
      for (const row of rows) {
        if (!take(budget, row.size)) break;
        const messages = answers.get(row.conversation_no) ?? [];
        answers.set(row.conversation_no, messages);
        messages.push(messageFor(user, row));
      }
    }
  }
  for (const plan of behind) if (plan.limited) answers.get(plan.no)?.reverse();
  return answers;
}
