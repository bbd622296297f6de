import { conversationId } from '@parley/protocol';
import { until } from '@parley/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOptions } from '../src/connection-options.ts';
import { statements } from '../src/statement.ts';
import { load, loadMessages } from './support/load.ts';
import { numbers, openStage, type Stage, said, space } from './support/stage.ts';

let stage: Stage;
let session: Client;
beforeAll(async () => {
  stage = await openStage();
  session = new Client(connectionOptions(stage.url, 'reads and changes'));
  session.on('error', () => undefined);
  await session.connect();
  await loadMessages(session);
});
afterAll(async () => {
  await session.end();
  await stage.close();
});

/** Tables that grow with use. The others hold one row, or one for each migration. */
const growing = [
  'search_texts',
  'search_progress',
  'messages',
  'reactions',
  'message_versions',
  'members',
  'conversations',
  'users',
  'reads',
  'moves',
  'audit_log',
];
/** The owner of the schema runs these once when a node starts. */
const notHot = new Set(['taken-migrations', 'note-migration']);

/** How PostgreSQL will run a named statement once it plans it without values. */
async function planOf(text: string): Promise<string> {
  const count = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
  await session.query(`prepare planned as ${text}`);
  const values = count > 0 ? `(${Array.from({ length: count }, () => 'null').join(', ')})` : '';
  const { rows } = await session.query<{ 'QUERY PLAN': string }>(`explain (costs off) execute planned${values}`);
  await session.query('deallocate planned');
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

describe('with 200,000 messages', () => {
  it.each(statements.filter(({ name }) => !notHot.has(name)))(
    '$name finds its rows by an index, and those of a conversation in one part',
    async ({ text }) => {
      const plan = await planOf(text);
      const scanned = [...plan.matchAll(/Seq Scan on (\w+)/g)].map(([, table]) => table ?? '');
      const astray = [...plan.matchAll(/ on (?:messages|reactions|message_versions)_\d+.*\n(.*)/g)];
      for (const [node, condition] of astray)
        expect({ plan, node, one: condition?.includes('conversation_no = ') }).toMatchObject({ one: true });
      expect({ plan, scanned: scanned.filter((table) => growing.includes(table.replace(/_\d+$/, ''))) }).toEqual({
        plan,
        scanned: [],
      });
      if (process.env['PARLEY_SHOW_PLANS']) console.log(text, plan);
    },
  );

  it('no function reads a table from end to end', async () => {
    const scans = async () => {
      const { rows } = await session.query<{ name: string; scans: string }>(
        `select relname as name, seq_scan as scans from pg_stat_user_tables where relname ~ '^(messages_[0-9]+|members|conversations|users|reads)$'`,
      );
      return new Map(rows.map(({ name, scans }) => [name, Number(scans)]));
    };
    await session.query('select pg_stat_force_next_flush()');
    const before = await scans();
    const node = await stage.node();
    const { messages, conversations, receipts, users, history, log } = node;
    const { position } = await log.moves(undefined);
    for (const round of numbers(1, 8)) {
      const no = load.firstOfBusy + round;
      await messages.append(said('busy', no, `alone ${round}`));
      await Promise.all(numbers(1, 20).map((i) => messages.append(said('busy', no + (i % 3), `batch ${i}`))));
      await messages.edit(space, 'busy', { no, seq: 101 }, 'edited', 'always');
      await receipts.read(space, 'busy', no, 99);
      await receipts.read(space, `user-${round}`, load.crowded, 0);
      await receipts.deliver(numbers(1, 20).map((i) => ({ space, userId: 'busy', no: no + i, seq: 99 })));
      await conversations.openDirect(space, 'busy', `user-${round}`, 'always');
      const { conversation } = await conversations.createGroup(space, 'busy', 'New', ['user-1']);
      await conversations.addMembers(space, 'busy', conversation.no, ['user-2'], { role: 'member', history: 'all' });
      await conversations.removeMember(space, 'busy', conversation.no, 'user-2');
      await users.admit({ space, userId: `newcomer-${round}`, role: 'user' });
    }
    await history.sync(
      space,
      'busy',
      numbers(2, 201).map((no) => ({ no, seq: 80, rev: 0 })),
    );
    expect((await log.moves(position)).moves.length).toBeGreaterThan(0);
    // Sessions report their numbers when they end.
    await node.close();
    await session.query('select pg_stat_clear_snapshot()');
    expect(await scans()).toEqual(before);
  });
});

describe('what is done in one conversation', () => {
  it('touches one part of the messages: that of the conversation', async () => {
    const scans = async () => {
      await session.query('select pg_stat_clear_snapshot()');
      const { rows } = await session.query<{ part: string; scans: string }>(
        `select relname as part, seq_scan + idx_scan as scans from pg_stat_user_tables
          where relname ~ '^(messages|reactions|message_versions)_[0-9]+$'`,
      );
      return new Map(rows.map(({ part, scans: count }) => [part, Number(count)]));
    };
    const alone = async () => {
      const { rows } = await session.query(
        `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      );
      return rows.length === 0;
    };
    const no = load.firstOfBusy + 500;
    const { rows: own } = await session.query<{ part: string }>(
      `select distinct tableoid::regclass::text as part from messages where conversation_no = $1`,
      [no],
    );
    await until(alone, { what: 'no session of another test is left' });
    await session.query('select pg_stat_force_next_flush()');
    const before = await scans();
    const node = await stage.node();
    const { messages, receipts, history, log, search, conversations } = node;
    const key = { no, seq: 101 };
    const { conversation } = await conversations.get(space, 'busy', no);
    await messages.append({ ...said('busy', no, 'alone'), replyToSeq: 100 });
    await Promise.all(numbers(1, 10).map((i) => messages.append({ ...said('busy', no, `batch ${i}`), replyToSeq: i })));
    await messages.edit(space, 'busy', key, 'edited', 'always');
    await messages.react(space, 'busy', key, '👍', 'always');
    await messages.unreact(space, 'busy', key, '👍');
    await messages.remove(space, 'busy', key);
    await receipts.read(space, 'busy', no, 95);
    await receipts.readOne(space, 'busy', { no, seq: 98 });
    await history.page(space, 'busy', no, { beforeSeq: 60, limit: 50 });
    await history.page(space, 'busy', no, { afterSeq: 60, limit: 50 });
    await history.versions(space, 'busy', { no, seq: 102 }, { afterRev: 0, limit: 50 });
    for (const order of ['asc', 'desc'] as const)
      await history.offset(space, 'busy', no, { offset: 10, limit: 50, order });
    for (const seq of [1, 90]) await history.sync(space, 'busy', [{ no, seq, rev: conversation.rev }]);
    await search.find(space, 'busy', { terms: ['0af'], no, after: undefined, limit: 50 });
    await search.position(space, 'busy', no, { terms: ['0af'], offset: 0, limit: 50 });
    await log.messages(no, 90, 100, 500);
    await log.changes(no, 0);
    // Sessions report their numbers when they end.
    await node.close();
    await until(alone, { what: 'every session of the node has ended' });
    const touched = [...(await scans())].filter(([part, count]) => count !== before.get(part)).map(([part]) => part);
    const suffix = own[0]?.part.replace('messages', '');
    expect(touched.sort()).toEqual([`message_versions${suffix}`, `messages${suffix}`, `reactions${suffix}`]);
  });
});

describe('a user with 1,000 conversations, a conversation with 100,000 messages and one with 2,000 members', () => {
  /** The quickest of five: a busy machine makes some of them slow, and none of them quick. */
  async function millisOf(work: () => Promise<unknown>): Promise<number> {
    const times: number[] = [];
    for (const _ of numbers(1, 5)) {
      const start = performance.now();
      await work();
      times.push(performance.now() - start);
    }
    return Math.min(...times);
  }

  it('are paged by position at the cost of the page and of what was deleted', async () => {
    const fetched = async () => {
      await session.query('select pg_stat_clear_snapshot()');
      const { rows } = await session.query<{ rows: string }>(
        `select sum(seq_tup_read + idx_tup_fetch) as rows from pg_stat_user_tables where relname ~ '^messages_[0-9]+$'`,
      );
      return Number(rows[0]?.rows);
    };
    const before = await fetched();
    const node = await stage.node();
    for (const order of ['asc', 'desc'] as const) {
      const page = await node.history.offset(space, 'user-1', load.long, { offset: 60_000, limit: 50, order });
      expect(page).toMatchObject({ messages: { length: 50 }, total: 100_000 });
    }
    // Sessions report their numbers when they end. Most of these rows are the unread ones, counted up to their cap.
    await node.close();
    expect((await fetched()) - before).toBeLessThan(5_000);
  });

  it('are answered quickly', async () => {
    const node = await stage.node();
    const { conversations, history, receipts, unread, search, log } = node;
    const page = await conversations.list(space, 'busy', { after: undefined, limit: 50 });
    expect(page.conversations).toHaveLength(50);
    expect(page.unreadTotal).toBe(999);
    const nos = numbers(load.firstOfBusy, load.firstOfBusy + 199);
    const head = { seq: 100, rev: 1 };
    const synced = await history.sync(
      space,
      'busy',
      nos.map((no) => ({ no, ...head })),
    );
    expect(synced.conversations.map(({ id }) => id)).toEqual(nos.map(conversationId));
    let user = 0;
    const millis = {
      inbox: await millisOf(() => conversations.list(space, 'busy', { after: undefined, limit: 50 })),
      syncOfNothing: await millisOf(() =>
        history.sync(
          space,
          'busy',
          nos.map((no) => ({ no, ...head })),
        ),
      ),
      syncOfMuch: await millisOf(() =>
        history.sync(
          space,
          'busy',
          nos.map((no) => ({ no, seq: 90, rev: 1 })),
        ),
      ),
      oldPage: await millisOf(() => history.page(space, 'user-1', load.long, { beforeSeq: 50_000, limit: 50 })),
      longSync: await millisOf(() => history.sync(space, 'user-1', [{ no: load.long, seq: 0, rev: 1 }])),
      positionFarIn: await millisOf(() =>
        history.offset(space, 'user-1', load.long, { offset: 60_000, limit: 50, order: 'asc' }),
      ),
      positionAtTheEnd: await millisOf(() =>
        history.offset(space, 'user-1', load.long, { offset: 99_990, limit: 50, order: 'desc' }),
      ),
      inboxByPosition: await millisOf(() => conversations.page(space, 'busy', { offset: 950, limit: 50 })),
      searchInLong: await millisOf(() =>
        search.find(space, 'user-1', { terms: ['0af'], no: load.long, after: undefined, limit: 50 }),
      ),
      searchOwn: await millisOf(() =>
        search.find(space, 'busy', { terms: ['0af'], no: undefined, after: undefined, limit: 50 }),
      ),
      // Each of its thousand threads has one message that has to be read to be left out.
      searchPool: await millisOf(() =>
        search.find(space, 'user-0', { terms: ['02a'], no: undefined, after: undefined, limit: 50, pool: true }),
      ),
      searchByPosition: await millisOf(() =>
        search.position(space, 'user-1', load.long, { terms: ['0af'], offset: 20, limit: 50 }),
      ),
      unreadTotal: await millisOf(() => unread.total(space, 'busy')),
      unreadConversations: await millisOf(() => unread.byConversation(space, 'busy', { limit: 200 })),
      unreadMessages: await millisOf(() => unread.messages(space, 'busy', { limit: 500 })),
      membersPage: await millisOf(() =>
        conversations.members(space, 'user-7', load.crowded, { after: 'user-5', limit: 200 }),
      ),
      readInCrowd: await millisOf(() => receipts.read(space, `user-${++user}`, load.crowded, 0)),
      membership: await millisOf(() =>
        log.membership(
          load.crowded,
          numbers(1, 2_000).map((i) => `user-${i}`),
        ),
      ),
      acquaintances: await millisOf(() =>
        conversations.acquaintances(
          space,
          'busy',
          numbers(1, 500).map((i) => `user-${i}`),
        ),
      ),
      removal: await millisOf(() =>
        conversations.removeMember(space, 'user-1', load.crowded, `user-${1_000 + ++user}`),
      ),
    };
    if (process.env['PARLEY_SHOW_TIMES']) console.log(millis);
    for (const [what, took] of Object.entries(millis))
      expect({ what, slow: took > 250, took }).toMatchObject({ slow: false });
  });
});
