import { randomUUID } from 'node:crypto';
import type { SentFile } from '@parley/core';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moveIn, moveOut } from './support/moving.ts';
import {
  countOf,
  groupOf,
  type Node,
  numbers,
  openStage,
  outcomeOf,
  type Stage,
  said,
  space,
} from './support/stage.ts';

let stage: Stage;
let node: Node;
let session: Client;
beforeAll(async () => {
  stage = await openStage();
  node = await stage.node();
  session = await stage.session();
});
afterAll(() => stage.close());

const thirty = new Map([[space, 30]]);

/** One walk over everything, whenever the last one was. */
async function walk(days: ReadonlyMap<string, number> = thirty, by: Node = node): Promise<void> {
  while (await by.retention.drop(days, 0));
}

/** Makes what was said up to a number as old as so many days. */
async function age(no: number, upToSeq: number, days: number): Promise<void> {
  await session.query(
    `update messages set created_at = created_at - $3 * interval '1 day' where conversation_no = $1 and seq <= $2`,
    [no, upToSeq, days],
  );
}

async function talk(messages: number): Promise<number> {
  const no = await groupOf(node, 'ana', 'bob');
  for (const i of numbers(1, messages)) await node.messages.append(said(i % 2 ? 'ana' : 'bob', no, `pebble ${i}`));
  return no;
}

async function bounds(no: number) {
  const { rows } = await session.query<{ first: number; last: number; kept: number }>(
    `select first_seq::int as first, last_seq::int as last,
      (select count(*)::int from messages where conversation_no = no) as kept from conversations where no = $1`,
    [no],
  );
  return rows[0];
}

const page = (no: number, range: { beforeSeq?: number; afterSeq?: number } = {}) =>
  node.history.page(space, 'bob', no, { limit: 50, ...range });
const seqsOf = (messages: readonly { seq: number }[]) => messages.map(({ seq }) => seq);
const find = async (no: number, term: string) =>
  (await node.search.find(space, 'bob', { terms: [term], no, after: undefined, limit: 50 })).messages;

describe('what is older than its space keeps it', () => {
  it('is dropped from the beginning of a conversation, and the rest stays dense', async () => {
    const no = await talk(10);
    await age(no, 4, 31);
    await age(no, 6, 29);
    await walk();
    expect(await bounds(no)).toEqual({ first: 5, last: 10, kept: 6 });
    await node.messages.append(said('ana', no, 'pebble 11'));
    expect(await bounds(no)).toEqual({ first: 5, last: 11, kept: 7 });
  });

  it('is kept behind a message that is younger, whatever its time says', async () => {
    const no = await talk(4);
    await session.query(
      `update messages set created_at = now() - interval '90 days' where conversation_no = $1 and seq in (1, 3)`,
      [no],
    );
    await walk();
    expect(await bounds(no)).toEqual({ first: 2, last: 4, kept: 3 });
    await session.query('update messages set created_at = now() where conversation_no = $1', [no]);
  });

  it('is answered by where the conversation begins, and nothing more lies there', async () => {
    const no = await talk(8);
    await age(no, 5, 31);
    await walk();
    expect(await page(no, { beforeSeq: 6 })).toMatchObject({ messages: [], firstSeq: 6, lastSeq: 8, more: false });
    const after = await page(no, { afterSeq: 2 });
    expect([seqsOf(after.messages), after.more]).toEqual([[6, 7, 8], false]);
    const offset = await node.history.offset(space, 'bob', no, { offset: 0, limit: 50, order: 'asc' });
    expect([seqsOf(offset.messages), offset.total]).toEqual([[6, 7, 8], 3]);
    expect(offset.conversation).toMatchObject({ firstSeq: 6, lastSeq: 8 });
  });

  it('may be all of a conversation, which goes on under the next number', async () => {
    const no = await talk(3);
    await age(no, 3, 31);
    await walk();
    expect(await bounds(no)).toEqual({ first: 4, last: 3, kept: 0 });
    expect(await page(no)).toMatchObject({ messages: [], firstSeq: 4, lastSeq: 3, more: false });
    const { conversations } = await node.conversations.list(space, 'bob', { after: undefined, limit: 200 });
    expect(conversations[0]?.lastMessage?.seq).not.toBe(3);
    expect(await node.messages.append(said('ana', no, 'again'))).toMatchObject({ message: { seq: 4 } });
    expect(await bounds(no)).toEqual({ first: 4, last: 4, kept: 1 });
  });

  it('is no longer unread, and nothing else has become read', async () => {
    const no = await talk(10);
    const unread = async () => (await node.conversations.get(space, 'bob', no)).conversation.unread;
    const before = (await node.unread.total(space, 'bob')) - 5;
    expect(await unread()).toBe(5);
    await age(no, 4, 31);
    await walk();
    expect([await unread(), await node.unread.total(space, 'bob')]).toEqual([3, before + 3]);
    expect(await node.receipts.read(space, 'bob', no, 7)).toMatchObject({ unread: 1 });
    expect(await node.receipts.read(space, 'bob', no, 2)).toMatchObject({ unread: 1 });
  });

  it('is not missed by a client that was away: it gets the newest page and stands at the head', async () => {
    const no = await talk(8);
    const { conversation: head } = await node.conversations.get(space, 'bob', no);
    await age(no, 5, 31);
    await walk();
    const sync = async (seq: number) =>
      (await node.history.sync(space, 'bob', [{ no, seq, rev: head.rev }])).conversations[0];
    const limited = await sync(2);
    expect([limited?.status, seqsOf(limited?.messages ?? []), limited?.seq]).toEqual(['limited', [6, 7, 8], 8]);
    const exact = await sync(5);
    expect([exact?.status, seqsOf(exact?.messages ?? [])]).toEqual(['ok', [6, 7, 8]]);
  });

  it('is found no more, whether it was indexed before or not', async () => {
    const no = await talk(6);
    while (await node.search.index());
    await node.messages.append(said('ana', no, 'pebble 7'));
    await age(no, 4, 31);
    await walk();
    expect(seqsOf(await find(no, 'pebble'))).toEqual([7, 6, 5]);
    while (await node.search.index());
    expect(seqsOf(await find(no, 'pebble'))).toEqual([7, 6, 5]);
    const { rows } = await session.query('select seq::int from search_texts where conversation_no = $1 order by seq', [
      no,
    ]);
    expect(seqsOf(rows)).toEqual([5, 6, 7]);
  });

  it('takes with it what belongs to it, and the bytes of its files', async () => {
    const no = await groupOf(node, 'ana', 'bob');
    const [old, young] = await Promise.all([uploaded(), uploaded()]);
    await node.messages.append({ ...said('ana', no, 'one'), files: [old] });
    await node.messages.append({ ...said('ana', no, 'two'), files: [young] });
    for (const seq of [1, 2]) {
      await node.messages.edit(space, 'ana', { no, seq }, `edited ${seq}`, 'always');
      await node.messages.react(space, 'bob', { no, seq }, '👍', 'always');
      await node.receipts.read(space, 'bob', no, seq);
    }
    await age(no, 1, 31);
    await walk();
    const left = async (table: string) =>
      seqsOf(
        (await session.query(`select distinct seq::int from ${table} where conversation_no = $1 order by seq`, [no]))
          .rows,
      );
    for (const table of ['messages', 'reactions', 'message_versions', 'reads', 'uploads'])
      expect({ table, seqs: await left(table) }).toEqual({ table, seqs: [2] });
    expect(await node.uploads.unreachable(100)).toContainEqual(old.file);
    expect(await node.uploads.find(old.file)).toBeUndefined();
    expect(await node.uploads.find(young.file)).toBeDefined();
    await node.uploads.forget([old.file]);
    expect((await session.query('select from uploads where id = $1', [old.file.id])).rowCount).toBe(0);
    expect(await outcomeOf(node.messages.edit(space, 'ana', { no, seq: 1 }, 'again', 'always'))).toBe('not_found');
    const reply = { ...said('bob', no, 'to what?'), replyToSeq: 1 };
    expect(await outcomeOf(node.messages.append(reply))).toBe('not_found');
  });

  it('leaves a space that can move out, and in elsewhere', async () => {
    const no = await talk(8);
    await node.messages.append({ ...said('bob', no, 'an answer'), replyToSeq: 2 });
    await node.receipts.read(space, 'ana', no, 3);
    await node.receipts.readOne(space, 'bob', { no, seq: 3 });
    await node.receipts.readOne(space, 'bob', { no, seq: 7 });
    await age(no, 5, 31);
    await walk();
    const elsewhere = await openStage();
    try {
      const there = await elsewhere.node();
      expect(await moveIn(there, space, await moveOut(node, space))).toEqual([]);
      const { conversations } = await there.conversations.list(space, 'bob', { after: undefined, limit: 200 });
      const moved = conversations.filter(({ lastMessage }) => lastMessage?.body === 'an answer');
      expect(moved).toMatchObject([{ firstSeq: 1, lastSeq: 4, unread: 0 }]);
    } finally {
      await elsewhere.close();
    }
  });

  it('stays where its space keeps everything, or keeps it longer', async () => {
    const no = await talk(3);
    await age(no, 3, 31);
    await walk(new Map([['another', 1]]));
    await walk(new Map([[space, 32]]));
    expect(await bounds(no)).toEqual({ first: 1, last: 3, kept: 3 });
  });
});

describe('a walk over all conversations', () => {
  it('goes round by round, each node from where the last one came to, and counts what it dropped', async () => {
    const other = await stage.node();
    await walk();
    const no = await talk(1);
    await session.query(
      `insert into messages (conversation_no, seq, sender_id, kind, body, created_at)
        select $1, i, 'ana', 'text', 'old', now() from generate_series(2, 1200) i`,
      [no],
    );
    await session.query('update conversations set last_seq = 1200 where no = $1', [no]);
    await age(no, 1_100, 31);
    expect(await node.retention.drop(thirty, 0)).toBe(true);
    expect(await bounds(no)).toMatchObject({ first: 501, kept: 700 });
    expect(await other.retention.drop(thirty, 0)).toBe(true);
    await walk(thirty, other);
    expect(await bounds(no)).toEqual({ first: 1_101, last: 1_200, kept: 100 });
    expect(await countOf(other, 'parley_store_dropped_messages_total')).toBe(600);
  });

  it('is taken by one node at a time, and not again before its time', async () => {
    const no = await talk(2);
    await age(no, 2, 31);
    await session.query('begin');
    await session.query(`select pg_advisory_xact_lock(hashtextextended('parley.drop_old_messages', 0))`);
    await walk();
    await session.query('rollback');
    expect(await bounds(no)).toMatchObject({ first: 1 });
    await walk();
    expect(await bounds(no)).toMatchObject({ first: 3 });
    const next = await talk(2);
    await age(next, 2, 31);
    await node.retention.drop(thirty, 3_600_000);
    expect(await bounds(next)).toMatchObject({ first: 1 });
  });

  it('passes over a conversation that somebody holds', async () => {
    const [held, free] = [await talk(2), await talk(2)];
    await age(held, 2, 31);
    await age(free, 2, 31);
    await session.query('begin');
    await session.query('select from conversations where no = $1 for update', [held]);
    await walk();
    await session.query('commit');
    expect([await bounds(held), await bounds(free)]).toMatchObject([{ first: 1 }, { first: 3 }]);
    await walk();
    expect(await bounds(held)).toMatchObject({ first: 3 });
  });
});

async function uploaded(): Promise<SentFile> {
  const sent = { file: { space, id: randomUUID() }, name: 'a.png', type: 'image/png', bytes: 1 };
  await node.users.admit({ space, userId: 'ana', role: 'user' });
  await node.uploads.add('ana', { ...sent, sha256: 'ab'.repeat(32) }, 1_000);
  return sent;
}
