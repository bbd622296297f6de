import { conversationId } from '@parley/protocol';
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
  'members',
  'conversations',
  'users',
  'reads',
  'moves',
  'moves_0',
  'moves_1',
  'moves_2',
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
  it.each(statements.filter(({ name }) => !notHot.has(name)))('$name finds its rows by an index', async ({ text }) => {
    const plan = await planOf(text);
    const scanned = [...plan.matchAll(/Seq Scan on (\w+)/g)].map(([, table]) => table ?? '');
    expect({ plan, scanned: scanned.filter((table) => growing.includes(table)) }).toEqual({ plan, scanned: [] });
    if (process.env['PARLEY_SHOW_PLANS']) console.log(text, plan);
  });

  it('no function reads a table from end to end', async () => {
    const scans = async () => {
      const { rows } = await session.query<{ name: string; scans: string }>(
        `select relname as name, seq_scan as scans from pg_stat_user_tables where relname in ('messages', 'members', 'conversations', 'users', 'reads')`,
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
        `select seq_tup_read + idx_tup_fetch as rows from pg_stat_user_tables where relname = 'messages'`,
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
