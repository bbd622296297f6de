import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis } from '@parley/cluster';
import { dropTestDatabases } from '../test-database.ts';

type End = () => Promise<void> | void;

/**
 * Before the first test file: a PostgreSQL and a Redis for the whole run, unless DATABASE_URL and REDIS_URL name some.
 * Every project of a run calls it; the first call serves them all, because test processes inherit the environment.
 * It has names of its own there: a process that a test starts would take DATABASE_URL for its own.
 */
export default async function startServers(): Promise<() => Promise<void>> {
  const ends: End[] = [];
  const end = async () => {
    for (const one of ends.toReversed()) await one();
  };
  if (process.env['PARLEY_TEST_RUN']) return end;
  process.env['PARLEY_TEST_RUN'] = randomBytes(3).toString('hex');
  try {
    const folder = temporaryFolder(ends);
    const { DATABASE_URL, REDIS_URL } = process.env;
    process.env['PARLEY_TEST_DATABASE_URL'] = DATABASE_URL || (await ownPostgres(folder, ends));
    process.env['PARLEY_TEST_REDIS_URL'] = REDIS_URL || (await ownRedis(folder, ends));
    ends.push(dropTestDatabases);
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}

async function ownPostgres(folder: string, ends: End[]): Promise<string> {
  const { url, stop } = await startPostgres({
    dataDir: join(folder, 'pg'),
    logFile: join(folder, 'pg.log'),
    durable: false,
  });
  ends.push(stop);
  return url;
}

async function ownRedis(folder: string, ends: End[]): Promise<string> {
  const { url, stop } = await startRedis({ dir: join(folder, 'redis'), logFile: join(folder, 'redis.log') });
  ends.push(stop);
  return url;
}

function temporaryFolder(ends: End[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-test-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(folder, 0o755);
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
