import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from '@parley/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsOf } from '../src/connection-options.ts';
import { everySuite } from '../test/support/every-suite.ts';
import { groupOf, openStage, said, type Stage } from '../test/support/stage.ts';

/** Fewer than two nodes have connections, so that statements of several callers share a session all the time. */
const poolSize = 4;
/** The first that keeps prepared statements in transaction mode. */
const oldest = [1, 21];
/** Debian keeps servers where a user's PATH does not look. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

let pooler: { port: number; end: () => Promise<void> };
beforeAll(async () => void (pooler = await startPooler()));
afterAll(() => pooler.end());

/** Two nodes behind pgbouncer; steps of the schema go past it. */
async function twoNodes() {
  const stage = await openStage();
  await setForDatabase(stage);
  const url = new URL(stage.url);
  url.port = String(pooler.port);
  const through = { databaseUrl: url.href, directUrl: stage.url };
  const [one, two] = [await stage.node(through), await stage.node(through)];
  let asked = 0;
  return { stage, one, two, node: async () => (asked++ % 2 ? two : one), close: stage.close };
}

describe('pgbouncer in transaction mode', () => {
  it('deals few sessions out to many callers at once, who lose nothing', async () => {
    const { stage, one, two, close } = await twoNodes();
    try {
      const no = await groupOf(one, 'ada', 'ben');
      const sends = Array.from({ length: 400 }, (_, i) => (i % 2 ? one : two).messages.append(said('ada', no, `${i}`)));
      const reads = Array.from({ length: 400 }, (_, i) =>
        (i % 2 ? one : two).history.page('main', 'ben', no, { afterSeq: 0, limit: 10 }),
      );
      const [appended] = await Promise.all([Promise.all(sends), Promise.all(reads)]);
      const seqs = appended.map(({ message }) => message.seq).toSorted((a, b) => a - b);
      expect(seqs).toEqual(Array.from({ length: 400 }, (_, i) => (seqs[0] ?? 0) + i));

      const session = await stage.session();
      const { rows } = await session.query<{ count: number }>(
        "select count(*)::int from pg_stat_activity where datname = current_database() and application_name like 'parley %'",
      );
      console.log(`400 sends and 400 reads of two nodes at once went through ${rows[0]?.count} sessions`);
      expect(rows[0]?.count).toBeLessThanOrEqual(poolSize);
    } finally {
      await close();
    }
  });
});

everySuite('behind pgbouncer', twoNodes);

/** What a node asks for when it connects does not get through: the database has it instead, as the README says. */
async function setForDatabase(stage: Stage): Promise<void> {
  const session = await stage.session();
  const name = new URL(stage.url).pathname.slice(1);
  for (const [key, value] of Object.entries(settingsOf('reads and changes'))) {
    await session.query(`alter database ${name} set ${key} = '${value}'`);
  }
}

async function startPooler() {
  const version = /PgBouncer (\d+)\.(\d+)\S*/.exec(execFileSync('pgbouncer', ['--version'], { env, encoding: 'utf8' }));
  const [words, ...numbers] = version ?? expect.fail();
  const [major = 0, minor = 0] = numbers.map(Number);
  console.log(words);
  expect(major * 1_000 + minor, `${words} is at least ${oldest.join('.')}`).toBeGreaterThanOrEqual(
    Number(oldest[0]) * 1_000 + Number(oldest[1]),
  );
  const server = new URL(process.env['PARLEY_TEST_DATABASE_URL'] ?? '');
  const folder = mkdtempSync(join(tmpdir(), 'parley-pgbouncer-'));
  const port = await freePort();
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(join(folder, 'users.txt'), `"${server.username}" "${server.password}"\n`);
  writeFileSync(
    config,
    `[databases]
* = host=${server.hostname} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
max_prepared_statements = 500
ignore_startup_parameters = extra_float_digits, options
default_pool_size = ${poolSize}
max_client_conn = 1000
`,
  );
  chmodSync(folder, 0o755);
  // It refuses to be root.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const child = spawn('pgbouncer', [config], { env, stdio: ['ignore', 'ignore', 'pipe'], ...nobody });
  let spoken = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (spoken = (spoken + text).slice(-10_000)));
  const answers = async () => {
    const client = new Client({ connectionString: `postgres://${server.username}@127.0.0.1:${port}/postgres` });
    client.on('error', () => undefined);
    await client.connect();
    await client.end();
    return true;
  };
  await until(answers, { what: 'pgbouncer answers', withinMs: 10_000 }).catch((cause: unknown) => {
    throw new Error(`pgbouncer does not answer:\n${spoken}`, { cause });
  });
  return {
    port,
    async end() {
      child.kill('SIGKILL');
      await once(child, 'close');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
