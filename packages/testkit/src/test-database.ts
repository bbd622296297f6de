import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

type Migrate = (databaseUrl: string) => Promise<void>;

export type TestDatabase = {
  url: string;
  /**
   * A digest of every row of every table: what changed nothing leaves it as it was. Without the tables `search_…`, which
   * are filled behind the log whenever their turn comes.
   */
  fingerprint(): Promise<string>;
  /** Somebody else's session on it, which the caller ends. */
  session(): Promise<Client>;
  /** Drops it, whoever is still connected. */
  close(): Promise<void>;
};

/**
 * A database of one's own, with the tables: a clone of a template that is migrated once in a test run (a clone takes
 * about 50 ms, the migrations ten times as much).
 * @param migrate makes the tables in an empty database and closes its connections
 * @param template names the clones that are made by the same `migrate`: letters only
 */
export async function testDatabase(migrate: Migrate, template = 'tables'): Promise<TestDatabase> {
  const name = `parley_test_${run()}_${randomBytes(4).toString('hex')}`;
  await asAdmin(async (admin) => {
    await admin.query(`create database ${name} template ${await templateFor(admin, template, migrate)}`);
  });
  return {
    url: urlOf(name),
    fingerprint: () => connected(urlOf(name), fingerprint),
    session: () => sessionOn(urlOf(name)),
    close: () => asAdmin(async (admin) => void (await admin.query(`drop database if exists ${name} with (force)`))),
  };
}

/** A session of the caller's, who ends it. One that its server ends is no fault of the process: it says so when it is asked. */
export async function sessionOn(databaseUrl: string): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Works while this session holds every conversation, as a slow writer would, and lets go of them afterwards. */
export async function whileHeld<T>(session: Client, work: () => Promise<T>): Promise<T> {
  await session.query('begin');
  await session.query('select from conversations for no key update');
  try {
    return await work();
  } finally {
    await session.query('rollback');
  }
}

/** Drops the databases that a run left behind, and its template. */
export async function dropTestDatabases(): Promise<void> {
  await asAdmin(async (admin) => {
    const { rows } = await admin.query<{ datname: string }>('select datname from pg_database where datname like $1', [
      `parley\\_test\\_${run()}\\_%`,
    ]);
    for (const { datname } of rows) await admin.query(`drop database if exists ${datname} with (force)`);
  });
}

/** Test files run in several processes at once: the first one migrates, under a lock, and the others wait for it. */
async function templateFor(admin: Client, template: string, migrate: Migrate): Promise<string> {
  const name = `parley_test_${run()}_${template}`;
  await admin.query('select pg_advisory_lock(hashtext($1))', [name]);
  try {
    const { rowCount } = await admin.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) {
      // Under another name until it is whole: a migration that fails leaves no template behind.
      await admin.query(`drop database if exists ${name}_half with (force)`);
      await admin.query(`create database ${name}_half`);
      await migrate(urlOf(`${name}_half`));
      await admin.query(`alter database ${name}_half rename to ${name}`);
    }
  } finally {
    await admin.query('select pg_advisory_unlock(hashtext($1))', [name]);
  }
  return name;
}

async function fingerprint(client: Client): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema') and tablename not like 'search\\_%' order by 1",
  );
  const digests = [];
  for (const { name } of tables) {
    const { rows } = await client.query(
      `select md5(string_agg(t::text, E'\\n' order by t::text)) as md5 from ${name} t`,
    );
    digests.push(`${name} ${JSON.stringify(rows)}`);
  }
  return digests.join('\n');
}

function asAdmin<T>(work: (admin: Client) => Promise<T>): Promise<T> {
  return connected(serverUrl(), work);
}

async function connected<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await sessionOn(connectionString);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function serverUrl(): string {
  const url = process.env['PARLEY_TEST_DATABASE_URL'];
  if (!url) throw new Error('PARLEY_TEST_DATABASE_URL is not set: run tests with the configuration of the root');
  return url;
}

function urlOf(database: string): string {
  const url = new URL(serverUrl());
  url.pathname = `/${database}`;
  return url.href;
}

/** The set-up names the run, so that runs at the same time on one server do not meet. */
function run(): string {
  return process.env['PARLEY_TEST_RUN'] ?? `pid${process.pid}`;
}
