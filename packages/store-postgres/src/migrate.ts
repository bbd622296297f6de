import { Failure } from '@parley/core';
import { Client } from 'pg';
import { connectionOptions } from './connection-options.ts';
import { failureOf } from './failures.ts';
import { type Migration, migrations as ours } from './migrations/index.ts';
import { query, type Slot, type Statement, statement } from './statement.ts';

const takenMigrations = statement('taken-migrations', () =>
  query.selectFrom('migrations').select(['number', 'name', 'older_nodes']).orderBy('number'),
);

const noteMigration = statement('note-migration', (slot: Slot<Pick<Migration, 'number' | 'name' | 'olderNodes'>>) =>
  query
    .insertInto('migrations')
    .values({ number: slot('number'), name: slot('name'), older_nodes: slot('olderNodes') }),
);

// A number that nobody else uses: the first eight bytes of the SHA-256 of 'parley.migrate'.
const migrateLock = '2134636636886831042';

/**
 * Takes the steps that the database has not taken, each in a transaction of its own: one that fails leaves nothing of
 * itself. Any number of nodes may call it at once; one works and the others wait for it and find nothing to do.
 * @returns the names of the steps that this call took
 * @throws Failure `unavailable` when the database cannot be reached, or has taken a step that does not let us live
 * beside it; `internal` with the reason when a step fails
 */
export async function migrate(databaseUrl: string, migrations: readonly Migration[] = ours): Promise<string[]> {
  const client = new Client({
    ...connectionOptions(databaseUrl, 'reads and changes'),
    application_name: 'parley migrate',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // A step may take longer than any statement of a node.
    await client.query('set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0');
    await client.query('select pg_advisory_lock($1)', [migrateLock]);
    return await takeSteps(client, migrations);
  } catch (error) {
    throw failureOf(error, 'waiting');
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}

async function takeSteps(client: Client, migrations: readonly Migration[]): Promise<string[]> {
  await client.query(`create table if not exists migrations (
    number integer primary key,
    name text not null,
    older_nodes text not null check (older_nodes in ('survive', 'must-stop')),
    at timestamptz(3) not null default now()
  )`);
  const taken = await run(client, takenMigrations, {});
  for (const { number, name, older_nodes } of taken) {
    const known = migrations.find((migration) => migration.number === number);
    if (known && known.name !== name) {
      throw new Failure('unavailable', `The database took step ${number} as "${name}"; ours is "${known.name}".`);
    }
    if (!known && older_nodes === 'must-stop') {
      throw new Failure(
        'unavailable',
        `The database took step ${number} "${name}", which this version cannot live beside.`,
      );
    }
  }
  const takenNumbers = new Set(taken.map((row) => row.number));
  const open = migrations.filter((migration) => !takenNumbers.has(migration.number));
  for (const migration of open) {
    await client.query('begin');
    try {
      await client.query(migration.sql);
      await run(client, noteMigration, migration);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      const why = error instanceof Error ? error.message : String(error);
      throw new Failure('internal', `The migration "${migration.name}" failed and left nothing: ${why}`, {
        cause: error,
      });
    }
  }
  return open.map((migration) => migration.name);
}

async function run<A, R>(client: Client, { text, values }: Statement<A, R>, args: A): Promise<R[]> {
  const { rows } = await client.query<R & object>({ text, values: values(args) });
  return rows;
}
