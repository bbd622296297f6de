import { Failure } from '@parley/core';
import { createMetrics } from '@parley/node-kit';
import { freePort, testDatabase, sessionOn } from '@parley/testkit';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createStore, migrate } from '../src/index.ts';
import { type Migration, migrations } from '../src/migrations/index.ts';
import { silent } from './support/stage.ts';

let url: string;
let close: () => Promise<void>;
const opened: (() => Promise<void>)[] = [];
beforeEach(async () => {
  // Clones of the template are migrated already; these tests begin with nothing.
  const database = await testDatabase(async (databaseUrl) => void (await migrate(databaseUrl)));
  ({ url } = database);
  close = () => database.close();
  opened.push(close);
  await asked('drop schema public cascade');
  await asked('create schema public');
});
afterAll(async () => {
  for (const end of opened) await end();
});

async function asked<R extends object>(text: string): Promise<R[]> {
  const client = await sessionOn(url);
  try {
    return (await client.query<R>(text)).rows;
  } finally {
    await client.end();
  }
}

const tables = async () =>
  (
    await asked<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
    )
  ).map(({ name }) => name);
const next = (sql: string, olderNodes: Migration['olderNodes'] = 'survive'): Migration => ({
  number: migrations.length + 1,
  name: 'next',
  olderNodes,
  sql,
});

describe('migrations', () => {
  it('are numbered densely and named once', () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, i) => i + 1));
    expect(new Set(migrations.map(({ name }) => name)).size).toBe(migrations.length);
  });

  it('are taken once when five nodes start together', async () => {
    const taken = await Promise.all([1, 2, 3, 4, 5].map(() => migrate(url)));
    expect(taken.map((names) => names.length).sort((a, b) => a - b)).toEqual([0, 0, 0, 0, migrations.length]);
    expect(await asked(`select number, name, older_nodes from migrations order by number`)).toEqual(
      migrations.map(({ number, name, olderNodes }) => ({ number, name, older_nodes: olderNodes })),
    );
    expect(await migrate(url)).toEqual([]);
  });

  it('leave nothing of a step that fails half-way, and take it when it was mended', async () => {
    const broken = next(
      'create table half (a integer); insert into half values (1); select 1 / 0; create table whole ()',
    );
    await expect(migrate(url, [...migrations, broken])).rejects.toThrow('division by zero');
    expect(await tables()).not.toContain('half');
    expect(await asked('select max(number) as number from migrations')).toEqual([{ number: migrations.length }]);
    expect(await migrate(url, [...migrations, next('create table half (a integer)')])).toEqual(['next']);
    expect(await tables()).toContain('half');
  });

  it('let an older node start beside a step that it survives, and refuse it beside one that it does not', async () => {
    await migrate(url, [...migrations, next('select 1')]);
    expect(await migrate(url)).toEqual([]);
    await asked(`update migrations set older_nodes = 'must-stop' where number = ${migrations.length + 1}`);
    const refusal = await migrate(url).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Failure);
    expect(refusal).toMatchObject({ code: 'unavailable', message: expect.stringContaining('"next"') });
  });

  it('move every message into its part, under a session that has used the table as a whole', async () => {
    const step = migrations.findIndex(({ name }) => name === 'partitions');
    await migrate(url, migrations.slice(0, step));
    const older = await sessionOn(url);
    const everything = () =>
      older.query(`select (select jsonb_agg(m order by conversation_no, seq) from messages m) as messages,
        (select jsonb_agg(r order by r) from reactions r) as reactions,
        (select jsonb_agg(v order by v) from message_versions v) as versions`);
    const say = {
      name: 'say',
      text: `select answers from append_one(7, 'main', 'ana', null, null, 'text', 'more', null, 3, 'always')`,
    };
    try {
      await older.query(`
        insert into users (space, user_id) values ('main', 'ana');
        insert into conversations (space, kind, last_seq, created_at, last_at)
          select 'main', 'group', 5, now(), now() from generate_series(1, 40);
        insert into members (conversation_no, user_id, space, role, from_seq, read_seq, delivered_seq, receipt_at, rev)
          select no, 'ana', 'main', 'member', 0, 0, 0, now(), 1 from conversations;
        insert into messages (conversation_no, seq, rev, sender_id, client_id, kind, body, attachments, reactions, created_at)
          select c, i, i, 'ana', gen_random_uuid(), 'text', 'body ' || i, '[]', '[1]', now()
          from generate_series(1, 40) c, generate_series(1, 5) i;
        insert into reactions select c, 1, '👍', 'ana', 1 from generate_series(1, 40) c;
        insert into message_versions select c, 1, 1, 'body', now() from generate_series(1, 40) c`);
      await older.query(say);
      const edit = {
        name: 'edit',
        text: `select outcome from change_message('main', 'ana', false, 7, 2, 'edited', 'always', null)`,
      };
      expect((await older.query(edit)).rows).toEqual([{ outcome: 'ok' }]);
      const whole = (await everything()).rows;
      await migrate(url);
      expect((await everything()).rows).toEqual(whole);
      // The older session goes on, with what it prepared and with functions that name the rows of the table.
      expect((await older.query(say)).rows[0]).toMatchObject({ answers: [['1', '0', '7', null]] });
      expect((await older.query(edit)).rows).toEqual([{ outcome: 'ok' }]);
      const { rows: parts } = await older.query('select distinct tableoid from messages');
      expect(parts.length).toBeGreaterThan(1);
    } finally {
      await older.end();
    }
  });

  it('go past a pooler that is named beside the server itself', async () => {
    const nobody = `postgres://127.0.0.1:${await freePort()}/postgres`;
    const { registry } = createMetrics();
    const store = createStore({ databaseUrl: nobody, directUrl: url, registry, log: silent });
    expect(await store.migrate()).toHaveLength(migrations.length);
    await store.close();
  });

  it('stop at a database of another history', async () => {
    await migrate(url);
    await asked(`update migrations set name = 'something else' where number = 1`);
    await expect(migrate(url)).rejects.toThrow('something else');
  });
});
